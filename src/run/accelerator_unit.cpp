#include "run/accelerator_unit.h"

#include <limits>
#include <thread>

#include "base/check.h"
#include "base/clock.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

AcceleratorUnit::AcceleratorUnit(const AcceleratorSpec& spec, uint32_t lanes)
    : spec_(spec), words_(std::make_unique<Word[]>(lanes)), manager_(spec.options) {
  CHECK((spec_.drivers - LaneMask::first(lanes)).empty());
}

Nanos AcceleratorUnit::free_at(Nanos now) {
  if (now.ns >= next_event_ns_.load(std::memory_order_relaxed)) poll(now);
  const Nanos free_at(free_at_ns_.load(std::memory_order_relaxed));
  if (free_at == Nanos::min() || free_at > now) return free_at;
  // Its user takes longer than it said: whoever waits for it looks again soon.
  return now + tuning::kAcceleratorLate;
}

void AcceleratorUnit::poll(Nanos now) {
  std::lock_guard lock(mutex_);
  carry_out(manager_.poll(now));
  tell_state(now);
}

void AcceleratorUnit::carry_out(const AcceleratorChange& change) {
  const auto tell = [this](uint64_t lane, Turn turn) {
    words_[lane].turn.store(turn, std::memory_order_release);
  };
  if (change.lost != AcceleratorManager::kNobody) {
    tell(change.lost, Turn::kLost);
    if (spec_.reset) spec_.reset();
  }
  for (uint32_t i = 0; i < change.to_core_count; ++i) tell(change.to_core[i], Turn::kUseCore);
  if (change.granted != AcceleratorManager::kNobody) tell(change.granted, Turn::kGranted);
}

void AcceleratorUnit::tell_state(Nanos now) {
  // For the least urgent: whoever asks joins the end of the queue at worst.
  const Nanos free_at = manager_.free() ? Nanos::min()
                                        : manager_.free_at(Criticality::kBestEffort,
                                                           std::numeric_limits<int>::min(), now);
  free_at_ns_.store(free_at.ns, std::memory_order_relaxed);
  next_event_ns_.store(manager_.next_event().ns, std::memory_order_relaxed);
}

bool AcceleratorUnit::acquire(const AcceleratorRequest& request) {
  const auto lane = uint32_t(request.user);
  DCHECK(driven_by(lane));
  Nanos now;
  {
    std::lock_guard lock(mutex_);
    now = monotonic_now();
    words_[lane].turn.store(Turn::kWaiting, std::memory_order_relaxed);
    // A reset that is over, or a holder that hangs, is no reason to wait.
    if (now >= manager_.next_event()) carry_out(manager_.poll(now));
    AcceleratorChange change;
    const AcceleratorAnswer answer = manager_.request(request, now, &change);
    carry_out(change);
    tell_state(now);
    if (answer != AcceleratorAnswer::kQueued) return answer == AcceleratorAnswer::kGranted;
  }
  for (uint32_t looks = 1; turn(lane) == Turn::kWaiting; ++looks) {
    cpu_relax();
    if (looks % tuning::kMailTurns != 0) continue;
    const Nanos late = monotonic_now();
    if (late.ns >= next_event_ns_.load(std::memory_order_relaxed)) poll(late);
    if (late - now > tuning::kSpinYield) std::this_thread::yield();
  }
  return turn(lane) == Turn::kGranted;
}

bool AcceleratorUnit::release(uint32_t lane, bool failed) {
  std::lock_guard lock(mutex_);
  const Nanos now = monotonic_now();
  if (manager_.holder() != lane) return false;
  carry_out(failed ? manager_.fault(now) : manager_.release(lane, now));
  tell_state(now);
  return !failed;
}

bool AcceleratorUnit::lost(uint32_t lane) {
  const Nanos now = monotonic_now();
  if (now.ns >= next_event_ns_.load(std::memory_order_relaxed)) poll(now);
  return turn(lane) == Turn::kLost;
}

void AcceleratorUnit::restore() {
  std::lock_guard lock(mutex_);
  const Nanos now = monotonic_now();
  manager_.restore(now);
  tell_state(now);
}

AcceleratorStatistics AcceleratorUnit::statistics() const {
  std::lock_guard lock(mutex_);
  return manager_.statistics(monotonic_now());
}

}  // namespace takt
