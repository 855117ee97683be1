// The asking side of line_server.h.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/clock.h"
#include "base/line_server.h"
#include "base/unix_address.h"

namespace takt {
namespace {

class Socket {
 public:
  explicit Socket(int flags) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

// 0, or errno. EAGAIN: somebody listens, and has no room for another client (a socket that blocks
// waits for it, as long as its time to send).
int connect_to(int fd, const sockaddr_un& address) {
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0
                                                                                         : errno;
}

// Waits for `events`; false when the time is over.
bool wait_for(int fd, short events, Nanos deadline) {
  for (;;) {
    const Nanos left = deadline - monotonic_now();
    if (left <= Nanos(0)) return false;
    pollfd watched = {fd, events, 0};
    const int ready = ::poll(&watched, 1, static_cast<int>(std::min<int64_t>(
                                              left.ns / 1'000'000 + 1, 1'000'000)));
    if (ready > 0) return true;
  }
}

Status send_all(int fd, std::string_view bytes, Nanos deadline, const std::string& path) {
  while (!bytes.empty()) {
    if (!wait_for(fd, POLLOUT, deadline)) return failed(path + ": takes no request");
    const ssize_t count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR)
      return failed(path + ": the connection broke: " + std::strerror(errno));
    if (count > 0) bytes.remove_prefix(static_cast<size_t>(count));
  }
  return {};
}

Result<std::string> receive_line(int fd, Nanos deadline, const std::string& path) {
  std::string answer;
  char bytes[16 << 10];
  while (answer.size() <= kAnswerBytesMax) {
    if (!wait_for(fd, POLLIN, deadline))
      return failed(path + ": no answer in time; the mission may still do what it was asked");
    const ssize_t count = ::recv(fd, bytes, sizeof bytes, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) return failed(path + ": the connection ended without an answer");
    answer.append(bytes, static_cast<size_t>(count));
    if (const size_t end = answer.find('\n'); end != answer.npos) return answer.substr(0, end);
  }
  return failed(path + ": the answer is too long");
}

}  // namespace

Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != path.npos)
    return bad_input((path.empty() ? "the empty path" : path) +
                     ": a socket's path has 1 to " + std::to_string(sizeof address.sun_path - 1) +
                     " bytes; give a shorter one");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

bool is_listening(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return false;
  const Socket socket(SOCK_NONBLOCK);
  const int refused = connect_to(socket.fd(), *address);
  return refused == 0 || refused == EAGAIN;
}

Result<std::string> ask_line(const std::string& path, const std::string& line, Nanos patience) {
  TAKT_ASSIGN(const sockaddr_un address, unix_address(path));
  const Nanos deadline = monotonic_now() + patience;
  const Socket socket(0);
  const timeval time = {patience.ns / 1'000'000'000, patience.ns % 1'000'000'000 / 1000};
  ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  if (const int refused = connect_to(socket.fd(), address); refused != 0) {
    if (refused == EAGAIN) return failed(path + ": too many clients wait here; try again");
    return bad_input(path + ": no mission listens here: " + std::strerror(refused));
  }
  TAKT_TRY(send_all(socket.fd(), line + '\n', deadline, path));
  return receive_line(socket.fd(), deadline, path);
}

}  // namespace takt
