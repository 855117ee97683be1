#include "base/clock.h"

#include <ctime>

namespace takt {

Nanos monotonic_now() {
  timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return Nanos(ts.tv_sec * int64_t{1'000'000'000} + ts.tv_nsec);
}

Nanos thread_cpu_now() {
  timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return Nanos(ts.tv_sec * int64_t{1'000'000'000} + ts.tv_nsec);
}

}  // namespace takt
