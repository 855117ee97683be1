// PointWaiters: enlists one thread with several timelines for as long as it lives, so that it
// can sleep until any of their points is decided. For Fence and WaitSet.
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "run/timeline.h"

namespace takt {

class PointWaiters {
 public:
  // `event`: an eventfd that is set whenever a point is decided; -1: none.
  // REQUIRES: the points and their timelines outlive it
  PointWaiters(std::span<const TimelinePoint> points, int event);
  // Afterwards no timeline knows of it, and none sets the event.
  ~PointWaiters();
  PointWaiters(const PointWaiters&) = delete;
  PointWaiters& operator=(const PointWaiters&) = delete;

  // Counts the points decided so far. Read before a look; then sleep() misses nothing.
  uint32_t epoch() const { return epoch_.load(std::memory_order_seq_cst); }
  // Until a point is decided after `epoch`, or `deadline`; may return early for no reason.
  void sleep(uint32_t epoch, Nanos deadline) const;

 private:
  static constexpr uint32_t kNot = 0, kTold = 1, kAwaited = 2;   // of Entry::told
  struct Entry : Timeline::Waiter {
    PointWaiters* owner = nullptr;
    std::atomic<uint32_t> told{kNot};
  };
  static void tell(Timeline::Waiter& waiter, PointState state);

  std::span<const TimelinePoint> points_;
  const int event_;
  std::unique_ptr<Entry[]> entries_;
  std::atomic<uint32_t> epoch_{0};
};

}  // namespace takt
