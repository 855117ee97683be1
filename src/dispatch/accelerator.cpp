#include "dispatch/accelerator.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace takt {

bool AcceleratorManager::before(const Use& a, const Use& b) {
  return std::make_tuple(a.request.criticality, -int64_t(a.request.priority), a.order) <
         std::make_tuple(b.request.criticality, -int64_t(b.request.priority), b.order);
}

// Until when the present holder or reset is expected to last.
Nanos AcceleratorManager::present_until(Nanos now) const {
  switch (state_) {
    case State::kFree: return now;
    case State::kHeld: return std::max(now, holder_.granted + holder_.request.duration);
    case State::kResetting: return std::max(now, reset_until_);
    case State::kGivenUp: return Nanos::max();
  }
  return now;
}

AcceleratorAnswer AcceleratorManager::request(const AcceleratorRequest& request, Nanos now,
                                              AcceleratorChange* change) {
  DCHECK(request.user != kNobody && holder() != request.user);
  if (arrivals_ == 0) first_ = now;
  const Use use{request, now, Nanos(0), ++arrivals_};
  if (state_ == State::kFree) {
    grant(use, now, change);
    return AcceleratorAnswer::kGranted;
  }
  const bool has_core = request.core_duration != Nanos::max();
  const Nanos start = free_at(request.criticality, request.priority, now);
  const bool too_late = has_core && (start == Nanos::max() ||
                                     start - now + request.duration > request.core_duration);
  if (too_late || count_ == kQueue || state_ == State::kGivenUp) {
    ++(has_core ? statistics_.fallbacks : statistics_.refusals);
    return has_core ? AcceleratorAnswer::kUseCore : AcceleratorAnswer::kRefused;
  }
  uint32_t position = count_++;
  for (; position > 0 && before(use, queue_[position - 1]); --position)
    queue_[position] = queue_[position - 1];
  queue_[position] = use;
  send_hopeless_to_core(now, change);
  return AcceleratorAnswer::kQueued;
}

void AcceleratorManager::grant(const Use& use, Nanos now, AcceleratorChange* change) {
  state_ = State::kHeld;
  holder_ = use;
  holder_.granted = now;
  change->granted = use.request.user;
  ++statistics_.grants;
  statistics_.waited += now - use.asked;
  statistics_.waited_max = std::max(statistics_.waited_max, now - use.asked);
}

void AcceleratorManager::remove(uint32_t position) {
  std::move(queue_.begin() + position + 1, queue_.begin() + count_, queue_.begin() + position);
  --count_;
}

void AcceleratorManager::grant_next(Nanos now, AcceleratorChange* change) {
  state_ = State::kFree;
  if (count_ == 0) return;
  const Use next = queue_[0];
  remove(0);
  grant(next, now, change);
  ++statistics_.handovers;
  send_hopeless_to_core(now, change);
}

// Those in the queue that would now be done earlier on the core. One that leaves makes the wait
// of those behind it shorter, so the walk goes from the head with the time as it stands.
void AcceleratorManager::send_hopeless_to_core(Nanos now, AcceleratorChange* change) {
  Nanos start = present_until(now);
  for (uint32_t i = 0; i < count_;) {
    const AcceleratorRequest& waiting = queue_[i].request;
    const bool has_core = waiting.core_duration != Nanos::max();
    if (start == Nanos::max() ||
        (has_core && start - now + waiting.duration > waiting.core_duration)) {
      ++(has_core ? statistics_.fallbacks : statistics_.refusals);
      change->to_core[change->to_core_count++] = waiting.user;
      remove(i);
    } else {
      start += waiting.duration;
      ++i;
    }
  }
}

AcceleratorChange AcceleratorManager::release(uint64_t user, Nanos now) {
  AcceleratorChange change;
  if (holder() != user) return change;
  statistics_.busy += now - holder_.granted;
  faults_in_a_row_ = 0;
  grant_next(now, &change);
  return change;
}

AcceleratorChange AcceleratorManager::cancel(uint64_t user, Nanos now) {
  for (uint32_t i = 0; i < count_; ++i) {
    if (queue_[i].request.user != user) continue;
    remove(i);
    return {};
  }
  return release(user, now);
}

AcceleratorChange AcceleratorManager::decline(uint64_t user, Nanos now) {
  AcceleratorChange change;
  if (holder() != user) return change;
  ++statistics_.declined;
  grant_next(now, &change);
  return change;
}

void AcceleratorManager::lose_holder(Nanos now, AcceleratorChange* change) {
  if (state_ == State::kHeld) {
    change->lost = holder_.request.user;
    statistics_.busy += now - holder_.granted;
  }
  const bool give_up = ++faults_in_a_row_ >= options_.faults_max;
  state_ = give_up ? State::kGivenUp : State::kResetting;
  reset_until_ = now + options_.reset_duration;
  send_hopeless_to_core(now, change);
}

AcceleratorChange AcceleratorManager::fault(Nanos now) {
  AcceleratorChange change;
  if (state_ == State::kGivenUp) return change;
  ++statistics_.faults;
  lose_holder(now, &change);
  return change;
}

Nanos AcceleratorManager::time_out() const {
  return holder_.granted + std::max(options_.least_time_out,
                                    holder_.request.duration * options_.patience);
}

Nanos AcceleratorManager::next_event() const {
  if (state_ == State::kHeld) return time_out();
  return state_ == State::kResetting ? reset_until_ : Nanos::max();
}

AcceleratorChange AcceleratorManager::poll(Nanos now) {
  AcceleratorChange change;
  if (state_ == State::kHeld && now >= time_out()) {
    ++statistics_.time_outs;
    lose_holder(now, &change);
  } else if (state_ == State::kResetting && now >= reset_until_) {
    grant_next(now, &change);
  }
  return change;
}

void AcceleratorManager::restore(Nanos now) {
  if (state_ != State::kGivenUp) return;
  faults_in_a_row_ = 0;
  state_ = State::kResetting;
  reset_until_ = now + options_.reset_duration;
}

Nanos AcceleratorManager::free_at(Criticality criticality, int priority, Nanos now) const {
  Nanos start = present_until(now);
  if (start == Nanos::max()) return start;
  Use use;
  use.request.criticality = criticality;
  use.request.priority = priority;
  use.order = ~uint64_t{0};
  for (uint32_t i = 0; i < count_ && before(queue_[i], use); ++i)
    start += queue_[i].request.duration;
  return start;
}

AcceleratorStatistics AcceleratorManager::statistics(Nanos now) const {
  AcceleratorStatistics sum = statistics_;
  if (arrivals_ > 0) sum.since = now - first_;
  if (state_ == State::kHeld) sum.busy += now - holder_.granted;
  return sum;
}

}  // namespace takt
