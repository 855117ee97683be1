#include "run/timeline.h"

#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "run/futex.h"

namespace takt {

Timeline::~Timeline() {
  // A signaller that is past its change still holds the lock.
  std::lock_guard lock(mutex_);
  CHECK(waiters_ == nullptr);
}

PointState Timeline::state(uint64_t value) const {
  if (value_.load(std::memory_order_seq_cst) >= value) return PointState::kReached;
  if (!failed_.load(std::memory_order_seq_cst)) return PointState::kPending;
  // It may have been reached just before it failed.
  return value_.load(std::memory_order_seq_cst) >= value ? PointState::kReached
                                                         : PointState::kFailed;
}

SharedFault Timeline::fault() const {
  std::lock_guard lock(mutex_);
  return fault_;
}

bool Timeline::signal(uint64_t value) {
  std::unique_lock lock(mutex_);
  if (failed_.load(std::memory_order_relaxed) || value <= value_.load(std::memory_order_relaxed))
    return false;
  value_.store(value, std::memory_order_seq_cst);
  decide(std::move(lock));
  return true;
}

bool Timeline::advance() {
  std::unique_lock lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return false;
  value_.store(value_.load(std::memory_order_relaxed) + 1, std::memory_order_seq_cst);
  decide(std::move(lock));
  return true;
}

bool Timeline::fail(SharedFault fault) {
  std::unique_lock lock(mutex_);
  if (failed_.load(std::memory_order_relaxed)) return false;
  fault_ = std::move(fault);
  failed_.store(true, std::memory_order_seq_cst);
  decide(std::move(lock));
  return true;
}

// Tells everybody whose point is decided now. Nothing of the timeline is touched once the lock
// is free: a waiter may destroy it.
void Timeline::decide(std::unique_lock<std::mutex> lock) {
  epoch_.fetch_add(1, std::memory_order_seq_cst);
  if (sleepers_.load(std::memory_order_seq_cst) != 0) futex_wake_all(epoch_);
  if (!waiters_) return;
  Waiter* told = nullptr;
  Waiter* kept = nullptr;
  const uint64_t reached = value_.load(std::memory_order_relaxed);
  const bool failed = failed_.load(std::memory_order_relaxed);
  while (Waiter* waiter = waiters_) {
    waiters_ = waiter->next;
    Waiter*& list = waiter->value <= reached || failed ? told : kept;
    waiter->next = list;
    list = waiter;
  }
  while (kept) {   // newest first again
    Waiter* waiter = std::exchange(kept, kept->next);
    waiter->next = waiters_;
    waiters_ = waiter;
  }
  lock.unlock();
  while (told) {
    Waiter& waiter = *std::exchange(told, told->next);
    waiter.notify(waiter, waiter.value <= reached ? PointState::kReached : PointState::kFailed);
  }
}

PointState Timeline::wait(uint64_t value, Nanos deadline) const {
  PointState now = state(value);
  if (now != PointState::kPending) return now;
  sleepers_.fetch_add(1, std::memory_order_seq_cst);
  for (;;) {
    const uint32_t epoch = epoch_.load(std::memory_order_seq_cst);
    now = state(value);
    if (now != PointState::kPending) break;
    if (deadline != Nanos::max() && monotonic_now() >= deadline) break;
    futex_wait(epoch_, epoch, deadline);
  }
  sleepers_.fetch_sub(1, std::memory_order_relaxed);
  return now;
}

PointState Timeline::add(Waiter& waiter) {
  DCHECK(waiter.notify);
  std::lock_guard lock(mutex_);
  const PointState now = state(waiter.value);
  if (now != PointState::kPending) return now;
  waiter.next = waiters_;
  waiters_ = &waiter;
  return now;
}

bool Timeline::remove(Waiter& waiter) {
  std::lock_guard lock(mutex_);
  for (Waiter** at = &waiters_; *at; at = &(*at)->next)
    if (*at == &waiter) {
      *at = waiter.next;
      return true;
    }
  return false;
}

}  // namespace takt
