#include "run/futex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace takt {
namespace {

void wake(std::atomic<uint32_t>& word, int count) {
  syscall(SYS_futex, reinterpret_cast<uint32_t*>(&word), FUTEX_WAKE_PRIVATE, count, nullptr,
          nullptr, 0);
}

}  // namespace

void futex_wait(const std::atomic<uint32_t>& word, uint32_t expected, Nanos until) {
  timespec time;
  time.tv_sec = until.ns / 1'000'000'000;
  time.tv_nsec = until.ns % 1'000'000'000;
  if (until < Nanos(0)) time = {0, 0};   // long past; the kernel refuses negative times
  syscall(SYS_futex, reinterpret_cast<const uint32_t*>(&word), FUTEX_WAIT_BITSET_PRIVATE,
          expected, until == Nanos::max() ? nullptr : &time, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_one(std::atomic<uint32_t>& word) { wake(word, 1); }
void futex_wake_all(std::atomic<uint32_t>& word) { wake(word, INT_MAX); }

}  // namespace takt
