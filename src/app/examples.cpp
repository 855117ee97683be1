#include "app/examples.h"

#include <filesystem>

#include "app/build_info.h"
#include "base/file.h"
#include "base/subprocess.h"
#include "compile/venv.h"

namespace takt {

const std::vector<std::string>& example_networks() {
  static const std::vector<std::string> names{"dronet",    "dronet_int8", "detector", "policy",
                                              "estimator", "vit",         "multihead"};
  return names;
}

Status write_examples(const std::string& dir) {
  TAKT_TRY(make_directories(dir));
  const std::string generator = source_dir() + "/examples/models/generate.py";
  TAKT_ASSIGN(const SubprocessResult generated,
              run_program({compile::venv_path() + "/bin/python", generator, dir}));
  if (generated.status != 0)
    return failed(generator + ": generating the example networks failed: " + generated.output);
  const std::string workloads = source_dir() + "/examples/workloads";
  std::error_code code;
  for (const auto& entry : std::filesystem::directory_iterator(workloads, code)) {
    if (entry.path().extension() != ".yaml") continue;
    TAKT_ASSIGN(const std::string text, read_file(entry.path().string()));
    TAKT_TRY(write_file(dir + "/" + entry.path().filename().string(), text));
  }
  if (code) return failed(workloads + ": " + code.message());
  return {};
}

}  // namespace takt
