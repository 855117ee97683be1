#include "run/point_waiters.h"

#include "run/event_pool.h"
#include "run/futex.h"

namespace takt {

PointWaiters::PointWaiters(std::span<const TimelinePoint> points, int event)
    : points_(points), event_(event), entries_(std::make_unique<Entry[]>(points.size())) {
  for (size_t i = 0; i < points_.size(); ++i) {
    Entry& entry = entries_[i];
    entry.value = points_[i].value;
    entry.notify = tell;
    entry.owner = this;
    const PointState now = points_[i].timeline->add(entry);
    if (now != PointState::kPending) tell(entry, now);
  }
}

PointWaiters::~PointWaiters() {
  for (size_t i = 0; i < points_.size(); ++i) {
    Entry& entry = entries_[i];
    if (entry.told.load(std::memory_order_acquire) == kTold) continue;
    if (points_[i].timeline->remove(entry)) continue;
    // Another thread is inside tell(). It may have lost its cpu to this one: no spinning.
    uint32_t not_yet = kNot;
    if (!entry.told.compare_exchange_strong(not_yet, kAwaited, std::memory_order_acq_rel)) continue;
    while (entry.told.load(std::memory_order_acquire) != kTold)
      futex_wait(entry.told, kAwaited, Nanos::max());
  }
}

void PointWaiters::tell(Timeline::Waiter& waiter, PointState) {
  Entry& entry = static_cast<Entry&>(waiter);
  PointWaiters& owner = *entry.owner;
  owner.epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (owner.event_ >= 0) {
    EventPool::set(owner.event_);
  } else {
    futex_wake_all(owner.epoch_);
  }
  // The owner may be gone from here on: a wake-up too many for whoever sleeps at that address.
  std::atomic<uint32_t>& told = entry.told;
  if (told.exchange(kTold, std::memory_order_acq_rel) == kAwaited) futex_wake_one(told);
}

void PointWaiters::sleep(uint32_t epoch, Nanos deadline) const {
  futex_wait(epoch_, epoch, deadline);
}

}  // namespace takt
