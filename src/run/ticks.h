// Ticks: the cheapest clock there is, for durations inside one thread (x86: the time
// stamp counter, ~10 ns; elsewhere the monotonic clock). Not comparable across threads.
#pragma once

#include <cstdint>

#include "base/clock.h"
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace takt {

inline uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#else
  return uint64_t(monotonic_now().ns);
#endif
}

// Ticks in `duration`, measured once per process (about 1 ms on the first call).
uint64_t ticks_in(Nanos duration);
Nanos nanos_of(uint64_t duration_ticks);

inline void cpu_relax() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#elif defined(__riscv)
  asm volatile(".insn i 0x0f, 0, x0, x0, 0x010");   // pause (Zihintpause), a no-op elsewhere
#endif
}

}  // namespace takt
