#include "compile/target_check.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/subprocess.h"
#include "compile/compiler_api.h"

namespace takt::compile {
namespace {

bool names_target(const std::string& flag) { return flag.rfind("--iree-llvmcpu-target-", 0) == 0; }

bool is_known(const std::string& flag) {
  static const std::vector<std::string> kKnown = {
      "--iree-llvmcpu-target-cpu=host",
      "--iree-llvmcpu-target-cpu=generic",
      "--iree-llvmcpu-target-triple=riscv64-linux-gnu",
      "--iree-llvmcpu-target-cpu-features=+m,+a,+f,+d,+c,+v",
      "--iree-llvmcpu-target-abi=lp64d",
  };
  return std::find(kKnown.begin(), kKnown.end(), flag) != kKnown.end();
}

// What is worth telling: the complaint and, if it follows, the list of what is accepted.
std::string complaint(const std::string& output) {
  size_t end = output.find('\n');
  if (end != std::string::npos && output.compare(end + 1, 16, "List of accepted") == 0)
    end = output.find('\n', end + 1);
  return output.substr(0, end);
}

}  // namespace

Status check_target(const std::vector<std::string>& flags) {
  std::vector<std::string> words = {
      (std::filesystem::path(compiler_library_path()).parent_path() / "iree-compile").string(),
      "--iree-hal-target-device=local", "--iree-hal-local-target-device-backends=llvm-cpu",
      "--compile-to=stream", "/dev/null"};
  std::string asked;
  for (const std::string& flag : flags) {
    if (!names_target(flag)) continue;
    words.push_back(flag);
    if (!is_known(flag)) asked += (asked.empty() ? "" : " ") + flag;
  }
  if (asked.empty() || ::access(words[0].c_str(), X_OK) != 0) return {};
  TAKT_ASSIGN(const SubprocessResult said, run_program(words));
  if (said.status == 0) return {};
  return bad_input("the compiler cannot make code for " + asked + ": " + complaint(said.output));
}

}  // namespace takt::compile
