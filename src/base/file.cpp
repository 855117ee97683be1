#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace takt {
namespace {

std::string os_error(const std::string& path, const char* what) {
  return path + ": cannot " + what + ": " + std::strerror(errno);
}

Status write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t written = ::write(fd, data.data(), data.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return failed("");
    data.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return bad_input(os_error(path, "open"));
  std::string data;
  struct stat info;
  if (::fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
    data.reserve(static_cast<size_t>(info.st_size));
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const Error error = bad_input(os_error(path, "read"));
      ::close(fd);
      return error;
    }
    if (got == 0) break;
    data.append(buffer, static_cast<size_t>(got));
  }
  ::close(fd);
  return data;
}

Status write_file(const std::string& path, std::string_view data) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return failed(os_error(path, "write"));
  const mode_t mask = ::umask(0);
  ::umask(mask);
  const bool written = write_all(fd, data).ok() && ::fchmod(fd, 0666 & ~mask) == 0 &&
                       ::fsync(fd) == 0;
  const int write_errno = errno;
  const bool closed = ::close(fd) == 0;
  if (written && closed && ::rename(temporary.c_str(), path.c_str()) == 0) return {};
  if (!written) errno = write_errno;
  const Error error = failed(os_error(path, "write"));
  ::unlink(temporary.c_str());
  return error;
}

Status make_directories(const std::string& path) {
  std::error_code code;
  std::filesystem::create_directories(path, code);
  if (code) return failed(path + ": cannot create the directory: " + code.message());
  return {};
}

}  // namespace takt
