#include "cli/interrupt.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>

#include "base/check.h"

namespace takt {
namespace {

std::atomic<bool> interrupted{false};
std::atomic<int> wake_fd{-1};
static_assert(std::atomic<bool>::is_always_lock_free, "set in a signal handler");
static_assert(std::atomic<int>::is_always_lock_free, "read in a signal handler");

void wake() {
  const uint64_t one = 1;
  if (const int fd = wake_fd.load(); fd >= 0) static_cast<void>(!::write(fd, &one, sizeof one));
}

void on_signal(int) {
  interrupted.store(true);
  wake();
}

}  // namespace

const std::atomic<bool>& stop_on_interrupt() {
  struct sigaction action = {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND) | SA_RESTART;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

InterruptStop::InterruptStop() {
  CHECK_MSG(wake_fd.load() < 0, "one at a time");
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  CHECK_MSG(fd >= 0, "no eventfd");
  wake_fd.store(fd);
  stop_on_interrupt();
  waiter_ = std::thread([this, fd] {
    uint64_t count = 0;
    while (::read(fd, &count, sizeof count) < 0) {
    }
    if (interrupted.load()) source_.request_stop();
  });
}

InterruptStop::~InterruptStop() {
  wake();
  waiter_.join();
  ::close(wake_fd.exchange(-1));
}

}  // namespace takt
