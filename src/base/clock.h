// Clock: where "now" comes from. MonotonicClock is the machine's CLOCK_MONOTONIC;
// ManualClock is advanced by tests and the simulator. Thread-safe.
#pragma once

#include <atomic>

#include "base/nanos.h"

namespace takt {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Nanos now() const = 0;
};

// CLOCK_MONOTONIC now, for code that is bound to the machine's time anyway.
Nanos monotonic_now();

// Time the calling thread has run so far: what it would have taken on an idle machine, nearly.
Nanos thread_cpu_now();

class MonotonicClock final : public Clock {
 public:
  Nanos now() const override { return monotonic_now(); }
};

class ManualClock final : public Clock {
 public:
  Nanos now() const override { return Nanos(now_ns_.load(std::memory_order_acquire)); }
  void advance(Nanos by) { now_ns_.fetch_add(by.ns, std::memory_order_acq_rel); }
  void set(Nanos to) { now_ns_.store(to.ns, std::memory_order_release); }

 private:
  std::atomic<int64_t> now_ns_{0};
};

}  // namespace takt
