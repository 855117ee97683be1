// Scope: work that belongs together, of any executors: its first fault, and when none of it is
// in flight. Threads: everything from any thread.
//
// Invariants: 1. The first fault wins and is what everybody finds; work that is submitted
// afterwards ends without running. 2. Whoever has seen the scope idle, and begins nothing more,
// may destroy it.
#pragma once

#include <atomic>
#include <mutex>

#include "base/check.h"
#include "run/timeline.h"

namespace takt {

class Scope {
 public:
  Scope() = default;
  ~Scope() { CHECK(ended_.value() == begun_.load()); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  // One more in flight, one less. The executor calls them for submissions; host work that
  // belongs to the scope does so itself.
  void begin() { begun_.fetch_add(1, std::memory_order_seq_cst); }
  void end() { ended_.advance(); }

  // False when it has failed before; `fault` is then freed with its last owner.
  bool fail(SharedFault fault) {
    std::lock_guard lock(mutex_);
    if (failed_.load(std::memory_order_relaxed)) return false;
    fault_ = std::move(fault);
    failed_.store(true, std::memory_order_release);
    return true;
  }
  bool failed() const { return failed_.load(std::memory_order_acquire); }
  // Empty: it did not fail, or with nothing to say.
  SharedFault fault() const {
    std::lock_guard lock(mutex_);
    return fault_;
  }

  // Sleeps until nothing is in flight: kReached, or kFailed when the scope has failed by then.
  // kPending: `deadline` came first (max(): no end).
  PointState wait_idle(Nanos deadline) const {
    for (;;) {
      const uint64_t begun = begun_.load(std::memory_order_seq_cst);
      if (ended_.wait(begun, deadline) == PointState::kPending) return PointState::kPending;
      // More may have begun, and ended in place of what was in flight.
      if (begun_.load(std::memory_order_seq_cst) == begun)
        return failed() ? PointState::kFailed : PointState::kReached;
    }
  }
  // Reached when it is idle, for fences, wait sets and submissions; does not fail with the scope.
  // REQUIRES: nothing more begins until then
  TimelinePoint idle_point() { return {&ended_, begun_.load(std::memory_order_seq_cst)}; }
  uint64_t in_flight() const { return begun_.load(std::memory_order_seq_cst) - ended_.value(); }

 private:
  std::atomic<uint64_t> begun_{0};
  std::atomic<bool> failed_{false};
  mutable std::mutex mutex_;
  SharedFault fault_;
  Timeline ended_;
};

}  // namespace takt
