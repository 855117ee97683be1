// Timeline: a counter that only grows, and who waits for it to reach a value (a timeline
// semaphore). Work signals points of it, threads and submissions wait for points.
//
// Threads: everything from any thread. Each call is atomic; in one order for all threads the
// value only grows, and a failure comes after every point that was reached. Reading is one load;
// signalling takes a lock, once per submission, never per item.
//
// Invariants: 1. Every waiter is told once: reached or failed; or it was removed before.
// 2. A failure is for ever: points above the value fail, those up to it stay reached. The first
// fault wins and is what every waiter finds. 3. Whoever saw a point reached may destroy the
// timeline, although signal() has not returned yet.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "base/nanos.h"
#include "run/program.h"

namespace takt {

// A fault with several owners; made with whatever frees it.
using SharedFault = std::shared_ptr<void>;

enum class PointState : uint8_t { kPending, kReached, kFailed };

class Timeline {
 public:
  // Tells somebody of a point; lies in the memory of who waits.
  struct Waiter {
    uint64_t value = 0;
    // Called once, by the thread that signals or fails, with no lock held. The waiter is free
    // for anything from then on.
    void (*notify)(Waiter& waiter, PointState state) = nullptr;
    Waiter* next = nullptr;      // the timeline's
  };

  explicit Timeline(uint64_t initial = 0) : value_(initial) {}
  // REQUIRES: nobody waits
  ~Timeline();
  Timeline(const Timeline&) = delete;
  Timeline& operator=(const Timeline&) = delete;

  uint64_t value() const { return value_.load(std::memory_order_acquire); }
  PointState state(uint64_t value) const;
  // What it failed with; empty when it did not fail.
  SharedFault fault() const;

  // Raises the value. False, and nothing changes, when it is there already or has failed.
  bool signal(uint64_t value);
  // Raises the value by one. False when it has failed.
  bool advance();
  // Fails all points that are not reached. False when it has failed before.
  bool fail(SharedFault fault);

  // Sleeps until the point is decided; kPending when `deadline` came first (max(): no end).
  PointState wait(uint64_t value, Nanos deadline) const;

  // kPending: `waiter` will be told. Else it is decided already and nobody keeps the waiter.
  // REQUIRES: notify and value are set
  PointState add(Waiter& waiter);
  // True: it will not be told. False: it was told, or just now is.
  bool remove(Waiter& waiter);

 private:
  void decide(std::unique_lock<std::mutex> lock);

  std::atomic<uint64_t> value_;
  std::atomic<bool> failed_{false};
  // Changes with every signal; threads sleep on it.
  mutable std::atomic<uint32_t> epoch_{0};
  mutable std::atomic<uint32_t> sleepers_{0};
  mutable std::mutex mutex_;
  SharedFault fault_;              // under mutex_
  Waiter* waiters_ = nullptr;      // under mutex_; newest first
};

// A value of a timeline.
struct TimelinePoint {
  Timeline* timeline = nullptr;
  uint64_t value = 0;
};

}  // namespace takt
