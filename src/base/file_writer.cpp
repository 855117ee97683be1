#include "base/file_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace takt {
namespace {

constexpr size_t kBufferBytes = 1 << 18;

Error cannot_write(const std::string& path, int error) {
  return failed(path + ": cannot write: " + std::strerror(error));
}

}  // namespace

Result<FileWriter> FileWriter::create(const std::string& path) {
  std::string temporary = path + ".XXXXXX";
  const int fd = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) return cannot_write(path, errno);
  return FileWriter(path, std::move(temporary), fd);
}

FileWriter::FileWriter(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {
  buffer_.reserve(kBufferBytes);
}

FileWriter::FileWriter(FileWriter&& other) noexcept
    : path_(std::move(other.path_)), temporary_(std::move(other.temporary_)),
      buffer_(std::move(other.buffer_)), fd_(std::exchange(other.fd_, -1)), error_(other.error_) {}

FileWriter::~FileWriter() { discard(); }

void FileWriter::discard() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(temporary_.c_str());
  fd_ = -1;
}

void FileWriter::append(std::string_view bytes) {
  if (buffer_.size() + bytes.size() > kBufferBytes) flush();
  buffer_ += bytes;
}

void FileWriter::flush() {
  std::string_view rest = buffer_;
  while (error_ == 0 && !rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written >= 0) rest.remove_prefix(static_cast<size_t>(written));
    else if (errno != EINTR) error_ = errno;
  }
  buffer_.clear();
}

Status FileWriter::commit() {
  CHECK(fd_ >= 0);
  flush();
  const mode_t mask = ::umask(0);
  ::umask(mask);
  if (error_ == 0 && (::fchmod(fd_, 0666 & ~mask) != 0 || ::fsync(fd_) != 0)) error_ = errno;
  if (error_ == 0 && ::rename(temporary_.c_str(), path_.c_str()) != 0) error_ = errno;
  if (error_ != 0) {
    discard();
    return cannot_write(path_, error_);
  }
  ::close(fd_);
  fd_ = -1;
  return {};
}

}  // namespace takt
