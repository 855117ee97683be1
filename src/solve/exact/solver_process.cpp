#include "solve/exact/solver_process.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "base/check.h"
#include "base/clock.h"

namespace takt::exact {
namespace {

// How long a stopped solver may take to hand over what it has, before it is killed. Measured with
// 9.15 on a busy core, 12 stops at random moments each, presolve included: one worker answers
// within 10 ms with mk15, within 16 ms with 500 operations on 20 machines; four workers within
// 29 ms. Ending the child costs up to 20 ms more there.
constexpr Nanos kPatience = millis(20);

class Fd {
 public:
  explicit Fd(int fd = -1) : fd_(fd) {}
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }
  int get() const { return fd_; }
  void reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

void pin_to(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int cpu : cpus) CPU_SET(static_cast<size_t>(cpu), &set);
  ::sched_setaffinity(0, sizeof(set), &set);     // a CPU that is gone: it runs anywhere
}

// Keeps nothing of the parent but `socket`, as descriptor 3: another child's end of its socket,
// kept open here, would hide that child's death.
void leave_parent_behind(int socket) {
  constexpr int kSocket = 3;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::signal(SIGINT, SIG_IGN);                     // Ctrl-C reaches the parent, which stops us
  ::signal(SIGTERM, SIG_DFL);
  ::signal(SIGABRT, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  const int silent = ::open("/dev/null", O_WRONLY);
  if (silent >= 0) ::dup2(silent, STDERR_FILENO);   // its stack trace says nothing to a user
  if (socket != kSocket) ::dup2(socket, kSocket);
  ::close_range(kSocket + 1, ~0u, 0);
}

[[noreturn]] void run_child(const CpSatLibrary& library, const SolverTask& task, int socket) {
  leave_parent_behind(socket);
  pin_to(task.cpus);
  const CpSatLibrary::Env env = library.new_env();
  std::thread([&] {
    char byte;
    while (::read(3, &byte, 1) < 0 && errno == EINTR) {
    }
    library.stop_search(env);                    // the parent shut its side down, or is gone
  }).detach();
  const std::string response = library.solve(env, task.model, task.parameters);
  for (size_t sent = 0; sent < response.size();) {
    const ssize_t n = ::write(3, response.data() + sent, response.size() - sent);
    if (n < 0 && errno != EINTR) ::_exit(1);
    sent += static_cast<size_t>(std::max<ssize_t>(n, 0));
  }
  ::_exit(0);
}

// Reads what the child sends until its end: true. False: it did not end in time.
bool receive(int socket, int stopped, Nanos deadline, std::string& response) {
  bool told = false;
  while (true) {
    const Nanos now = monotonic_now();
    if (now >= deadline) {
      if (told) return false;
      told = true;
      ::shutdown(socket, SHUT_WR);
      deadline = now + kPatience;
    }
    std::array<pollfd, 2> fds = {{{socket, POLLIN, 0}, {told ? -1 : stopped, POLLIN, 0}}};
    const Nanos left = deadline - now;
    const timespec timeout{left.ns / 1'000'000'000, left.ns % 1'000'000'000};
    const timespec* const limit = deadline == Nanos::max() ? nullptr : &timeout;
    if (::ppoll(fds.data(), fds.size(), limit, nullptr) <= 0) continue;
    if (fds[1].revents != 0) deadline = now;
    if (fds[0].revents == 0) continue;
    std::array<char, 1 << 14> buffer;
    const ssize_t n = ::read(socket, buffer.data(), buffer.size());
    if (n == 0 || (n < 0 && errno != EINTR)) return true;
    response.append(buffer.data(), static_cast<size_t>(std::max<ssize_t>(n, 0)));
  }
}

}  // namespace

Result<std::optional<std::string>> solve_in_child(const CpSatLibrary& library,
                                                  const SolverTask& task) {
  const auto cannot = [](const char* what) {
    return failed(std::string("CP-SAT: ") + what + ": " + std::strerror(errno));
  };
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return cannot("no socket");
  const Fd ours(ends[0]);
  Fd theirs(ends[1]);
  const Fd stopped(::eventfd(0, EFD_CLOEXEC));
  if (stopped.get() < 0) return cannot("no eventfd");
  const pid_t child = ::fork();
  if (child < 0) return cannot("no child process");
  if (child == 0) run_child(library, task, theirs.get());
  theirs.reset();
  const std::stop_callback on_stop(task.stop, [&] { ::eventfd_write(stopped.get(), 1); });
  std::string response;
  const bool ended = receive(ours.get(), stopped.get(), task.deadline, response);
  if (!ended) ::kill(child, SIGKILL);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return std::optional<std::string>();
  if (WIFSIGNALED(status))
    return failed(std::string("CP-SAT ended by itself: ") + ::strsignal(WTERMSIG(status)));
  return std::optional<std::string>(std::move(response));
}

}  // namespace takt::exact
