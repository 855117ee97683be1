// Where control sockets are.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "app/control_socket.h"
#include "base/file.h"

namespace takt {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// As README says of TAKT_CACHE.
std::string cache_directory() {
  if (const std::string cache = variable("TAKT_CACHE"); !cache.empty()) return cache;
  if (const std::string cache = variable("XDG_CACHE_HOME"); !cache.empty()) return cache + "/takt";
  return variable("HOME") + "/.cache/takt";
}

std::string control_directory() {
  const std::string runtime = variable("XDG_RUNTIME_DIR");
  return runtime.empty() ? cache_directory() + "/run" : runtime + "/takt";
}

// Of "<workload>.<pid>.sock". A process that is alive may be about to listen.
bool owner_is_alive(const fs::path& path) {
  const std::string stem = path.stem().string();
  pid_t pid = 0;
  std::from_chars(stem.data() + stem.rfind('.') + 1, stem.data() + stem.size(), pid);
  return pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

}  // namespace

Result<std::string> default_control_path(const std::string& workload) {
  const std::string directory = control_directory();
  TAKT_TRY(make_directories(directory));
  if (::chmod(directory.c_str(), 0700) != 0)
    return failed(directory + ": cannot be kept from other users: " + std::strerror(errno));
  return directory + "/" + workload.substr(0, 32) + "." + std::to_string(::getpid()) + ".sock";
}

std::vector<std::string> running_missions() {
  std::vector<std::string> paths;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(control_directory(), ignored)) {
    if (entry.path().extension() != ".sock" || !entry.is_socket(ignored)) continue;
    const std::string path = entry.path().string();
    if (is_listening(path)) paths.push_back(path);
    else if (!owner_is_alive(entry.path())) ::unlink(path.c_str());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace takt
