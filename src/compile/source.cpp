#include "compile/source.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "base/file.h"
#include "base/subprocess.h"
#include "compile/venv.h"

namespace takt::compile {
namespace {

namespace fs = std::filesystem;

// A directory that is gone when the value is.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::error_code code;
    std::string pattern = (fs::temp_directory_path(code) / "takt-XXXXXX").string();
    if (::mkdtemp(pattern.data())) path_ = pattern;
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  ~TemporaryDirectory() {
    std::error_code code;
    if (!path_.empty()) fs::remove_all(path_, code);
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The last line says what is wrong; the lines before are Python's trace.
std::string last_line(const std::string& log) {
  const size_t end = log.find_last_not_of(" \n");
  if (end == std::string::npos) return "no message";
  const size_t start = log.find_last_of('\n', end);
  return log.substr(start == std::string::npos ? 0 : start + 1, end - (start + 1) + 1);
}

Result<Source> import_onnx(const std::string& path) {
  const std::string importer = venv_path() + "/bin/iree-import-onnx";
  if (::access(importer.c_str(), X_OK) != 0)
    return failed(path + ": cannot import ONNX: " + importer +
                  " is missing; run ./takt setup, or import it elsewhere with "
                  "`iree-import-onnx model.onnx -o model.mlir` and compile the .mlir");
  const TemporaryDirectory directory;
  if (directory.path().empty())
    return failed("cannot make a temporary directory: " + std::string(std::strerror(errno)));
  const std::string text = directory.path() + "/model.mlir";
  TAKT_ASSIGN(const SubprocessResult run, run_program({importer, path, "-o", text}));
  if (run.status != 0)
    return bad_input(path + ": iree-import-onnx cannot import it: " + last_line(run.output));
  TAKT_ASSIGN(std::string imported, read_file(text));
  return Source{path, std::move(imported), path + " (imported)"};
}

}  // namespace

Result<Source> read_source(const std::string& path) {
  TAKT_ASSIGN(std::string bytes, read_file(path));
  if (fs::path(path).extension() == ".onnx") return import_onnx(path);
  if (bytes.find_first_not_of(" \t\r\n") == std::string::npos)
    return bad_input(path + ": the file is empty");
  return Source{path, std::move(bytes), path};
}

}  // namespace takt::compile
