#include "base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/clock.h"

namespace takt {
namespace {

constexpr int kLookEveryMs = 100;   // for a stop or the end of the time

// Until the other end is closed; false when a limit was reached before.
bool read_all(int fd, const SubprocessLimits& limits, std::string& text) {
  const bool limited = limits.stop || limits.time != Nanos::max();
  const Nanos end = limited && limits.time != Nanos::max() ? monotonic_now() + limits.time
                                                           : Nanos::max();
  char buffer[4096];
  for (;;) {
    pollfd watched = {fd, POLLIN, 0};
    if (::poll(&watched, 1, limited ? kLookEveryMs : -1) <= 0) {
      if ((limits.stop && limits.stop->load()) || monotonic_now() >= end) return false;
      continue;
    }
    const ssize_t got = ::read(fd, buffer, sizeof(buffer));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    text.append(buffer, static_cast<size_t>(got));
  }
}

int exit_status(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<SubprocessResult> run_program(const std::vector<std::string>& words,
                                     const SubprocessLimits& limits) {
  CHECK(!words.empty());
  int pipe_fds[2];
  if (::pipe2(pipe_fds, O_CLOEXEC) != 0)
    return failed(words[0] + ": cannot make a pipe: " + std::strerror(errno));
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], STDERR_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(pipe_fds[1]);
  SubprocessResult result;
  bool ended = true;
  if (error == 0) {
    ended = read_all(pipe_fds[0], limits, result.output);
    if (!ended) ::kill(child, SIGKILL);
    result.status = exit_status(child);
  }
  ::close(pipe_fds[0]);
  if (error != 0) return failed(words[0] + ": cannot run it: " + std::strerror(error));
  if (!ended) return failed(words[0] + ": was ended: it was stopped, or took too long");
  return result;
}

}  // namespace takt
