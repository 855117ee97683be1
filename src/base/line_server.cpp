#include "base/line_server.h"

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.h"
#include "base/unix_address.h"

namespace takt {
namespace {

constexpr int kBacklog = 16;
// After a refused accept() (no file descriptors left): not at once again.
constexpr Nanos kAcceptPause = millis(200);

// What is at `path` must be ours to replace: a socket whose process has ended.
Status make_room(const std::string& path) {
  struct stat there = {};
  if (::lstat(path.c_str(), &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode))
    return bad_input(path + ": is there and is no socket; give another path");
  if (is_listening(path)) return bad_input(path + ": another process listens here");
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return failed(path + ": cannot replace the socket of a process that ended: " +
                  std::strerror(errno));
  return {};
}

// Neither a real-time thread nor one that takes the signals of the main thread.
void become_ordinary_thread() {
  const sched_param none = {};
  sched_setscheduler(0, SCHED_OTHER, &none);
  pthread_setname_np(pthread_self(), "takt.control");
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

bool of_same_user(int fd) {
  ucred peer = {};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

LineServer::LineServer(std::string path, Handler handler, const LineServerOptions& options)
    : path_(std::move(path)), handler_(std::move(handler)), options_(options) {}

Result<std::unique_ptr<LineServer>> LineServer::create(const std::string& path, Handler handler,
                                                       const LineServerOptions& options) {
  std::unique_ptr<LineServer> server(new LineServer(path, std::move(handler), options));
  TAKT_TRY(server->listen());
  server->thread_ = std::thread([&server = *server] { server.serve(); });
  return server;
}

Status LineServer::listen() {
  TAKT_ASSIGN(const sockaddr_un address, unix_address(path_));
  TAKT_TRY(make_room(path_));
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (listener_ < 0 || wake_ < 0) return failed(path_ + ": " + std::strerror(errno));
  // On Linux the file that bind() makes has the mode of the socket: never a moment at which
  // others may connect.
  struct stat made = {};
  if (::fchmod(listener_, 0600) != 0 ||
      ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return failed(path_ + ": cannot listen: " + std::strerror(errno));
  if (::lstat(path_.c_str(), &made) != 0 || (made.st_mode & 0077) != 0 ||
      ::listen(listener_, kBacklog) != 0) {
    ::unlink(path_.c_str());
    return failed(path_ + ": cannot make a socket that only this user may open here");
  }
  inode_ = made.st_ino;
  return {};
}

LineServer::~LineServer() {
  if (thread_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    static_cast<void>(!::eventfd_write(wake_, 1));
    thread_.join();
  }
  struct stat there = {};
  if (inode_ != 0 && ::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_)
    ::unlink(path_.c_str());
  for (const Connection& connection : connections_) ::close(connection.fd);
  for (const int fd : {listener_, wake_})
    if (fd >= 0) ::close(fd);
}

void LineServer::reply(Client client, std::string answer) {
  DCHECK(answer.find('\n') == answer.npos);
  {
    const std::lock_guard lock(mutex_);
    replies_.push_back({client, std::move(answer)});
  }
  static_cast<void>(!::eventfd_write(wake_, 1));
}

void LineServer::serve() {
  become_ordinary_thread();
  std::vector<pollfd> watched;
  for (;;) {
    bool ending = false;
    {
      const std::lock_guard lock(mutex_);
      ending = ending_;
    }
    Nanos now = monotonic_now();
    if (ending) return take_replies(now);   // those that have a client's ear still go out
    const bool accepts = connections_.size() < options_.clients_max && now >= no_accept_before_;
    watched.assign({{wake_, POLLIN, 0}, {accepts ? listener_ : -1, POLLIN, 0}});
    for (const Connection& connection : connections_) {
      const short wanted = !connection.to_send.empty() ? POLLOUT : connection.asked ? 0 : POLLIN;
      watched.push_back({connection.fd, wanted, 0});
    }
    const int64_t left_ms = (next_deadline() - now).ns / 1'000'000 + 1;
    ::poll(watched.data(), watched.size(),
           next_deadline() == Nanos::max() ? -1 : static_cast<int>(std::max<int64_t>(left_ms, 0)));
    now = monotonic_now();
    for (size_t i = 0; i < connections_.size(); ++i)
      attend(connections_[i], watched[i + 2].revents, now);
    take_replies(now);
    std::erase_if(connections_, [](const Connection& connection) { return connection.fd < 0; });
    if (watched[1].revents != 0) accept_clients(now);
  }
}

Nanos LineServer::next_deadline() const {
  Nanos next = Nanos::max();
  if (no_accept_before_ > Nanos(0)) next = no_accept_before_;
  for (const Connection& connection : connections_)
    if (!connection.asked || !connection.to_send.empty())
      next = std::min(next, connection.deadline);
  return next;
}

void LineServer::accept_clients(Nanos now) {
  no_accept_before_ = Nanos(0);
  while (connections_.size() < options_.clients_max) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (!would_block()) no_accept_before_ = now + kAcceptPause;
      return;
    }
    if (!of_same_user(fd)) {
      ::close(fd);
      continue;
    }
    Connection connection;
    connection.fd = fd;
    connection.id = ++last_client_;
    connection.deadline = now + options_.patience;
    connections_.push_back(std::move(connection));
  }
}

void LineServer::take_replies(Nanos now) {
  eventfd_t count = 0;
  static_cast<void>(!::eventfd_read(wake_, &count));
  std::vector<Reply> replies;
  {
    const std::lock_guard lock(mutex_);
    replies.swap(replies_);
  }
  for (Reply& reply : replies) {
    const auto asker = std::find_if(
        connections_.begin(), connections_.end(),
        [&](const Connection& connection) { return connection.id == reply.client; });
    if (asker == connections_.end() || asker->fd < 0) continue;
    asker->to_send = std::move(reply.answer) + '\n';
    asker->deadline = now + options_.patience;
    send(*asker, now);
  }
}

void LineServer::attend(Connection& connection, short events, Nanos now) {
  const bool waits_for_client = !connection.asked || !connection.to_send.empty();
  if (waits_for_client && now >= connection.deadline) close(connection);
  else if ((events & POLLOUT) != 0) send(connection, now);
  else if ((events & POLLIN) != 0) receive(connection);
  else if (events != 0) close(connection);
}

void LineServer::receive(Connection& connection) {
  char bytes[16 << 10];
  const ssize_t count = ::recv(connection.fd, bytes, sizeof bytes, 0);
  if (count < 0 && would_block()) return;
  if (count <= 0) return close(connection);
  connection.received.append(bytes, static_cast<size_t>(count));
  hand_over(connection);
}

void LineServer::hand_over(Connection& connection) {
  std::string& received = connection.received;
  size_t end = received.find('\n');
  if (end == received.npos || end > options_.line_bytes_max) {
    if (received.size() <= options_.line_bytes_max) return;
    end = options_.line_bytes_max + 1;
    connection.last = true;
  }
  std::string line = received.substr(0, end);
  received.erase(0, end + 1);
  connection.asked = true;
  handler_(*this, connection.id, std::move(line));
}

void LineServer::send(Connection& connection, Nanos now) {
  std::string& rest = connection.to_send;
  const ssize_t count = ::send(connection.fd, rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (!would_block()) close(connection);
    return;
  }
  rest.erase(0, static_cast<size_t>(count));
  if (!rest.empty()) return;
  if (connection.last) return close(connection);
  connection.asked = false;
  connection.deadline = now + options_.patience;
  hand_over(connection);   // what it sent meanwhile
}

void LineServer::close(Connection& connection) {
  ::close(connection.fd);
  connection.fd = -1;
}

}  // namespace takt
