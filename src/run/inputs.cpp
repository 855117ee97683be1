// What a submission waits for before it starts, how it is given up, and whom it tells at its end.
#include <vector>

#include "base/check.h"
#include "run/executor.h"
#include "run/lane_loop.h"

namespace takt {

// Enlists with everything it waits for; false when all of that is decided already. The
// submission cannot start while somebody counts in held_, this thread among them.
bool Executor::start_is_held(Submission& s) {
  const size_t count = s.waits.size();
  if (count > s.input_capacity_) {
    s.inputs_ = std::make_unique<Submission::InputWaiter[]>(count);
    s.input_capacity_ = count;
  }
  s.held_.store(uint32_t(count) + 1, std::memory_order_seq_cst);
  for (size_t i = 0; i < count; ++i) {
    Submission::InputWaiter& input = s.inputs_[i];
    input.value = s.waits[i].value;
    input.timeline = s.waits[i].timeline;
    input.executor = this;
    input.submission = &s;
    input.notify = [](Timeline::Waiter& waiter, PointState state) {
      auto& told = static_cast<Submission::InputWaiter&>(waiter);
      told.executor->input_decided(*told.submission, state, *told.timeline);
    };
  }
  for (size_t i = 0; i < count; ++i) {
    const PointState state = s.inputs_[i].timeline->add(s.inputs_[i]);
    if (state == PointState::kPending) continue;
    if (state == PointState::kFailed && s.give_up(SubmissionEnd::kInputFailed))
      s.cause_ = s.inputs_[i].timeline->fault();
    s.held_.fetch_sub(1, std::memory_order_acq_rel);
  }
  // At shutdown nobody may be left to signal them.
  if (draining_.load(std::memory_order_seq_cst)) s.give_up(SubmissionEnd::kCancelled);
  // It may have been given up before the last of them was enlisted.
  if (s.given_up()) withdraw(s);
  return s.held_.fetch_sub(1, std::memory_order_acq_rel) != 1;
}

void Executor::input_decided(Submission& s, PointState state, const Timeline& timeline) {
  // The submission, once let go, may be all that keeps the executor alive.
  visitors_.fetch_add(1, std::memory_order_relaxed);
  if (state == PointState::kFailed && s.give_up(SubmissionEnd::kInputFailed)) {
    s.cause_ = timeline.fault();
    withdraw(s);
  }
  let_go(s);
  visitors_.fetch_sub(1, std::memory_order_release);
}

// Waits for nothing any more. REQUIRES: the caller counts in held_
void Executor::withdraw(Submission& s) {
  for (size_t i = 0; i < s.waits.size(); ++i)
    if (s.inputs_[i].timeline->remove(s.inputs_[i]))
      s.held_.fetch_sub(1, std::memory_order_acq_rel);
}

void Executor::let_go(Submission& s) {
  if (s.held_.fetch_sub(1, std::memory_order_acq_rel) == 1) start(s, false);
}

bool Executor::cancel(const SubmissionHandle& handle) {
  Submission& s = *handle.submission;
  uint32_t held = 0;
  LaneMask lanes;
  {
    // Keeps it from being retired, so that it is still the one that is meant.
    std::lock_guard lock(pool_mutex_);
    if (s.generation_.load(std::memory_order_seq_cst) != handle.generation) return false;
    if (!s.give_up(SubmissionEnd::kCancelled)) return false;
    held = s.held_.load(std::memory_order_seq_cst);
    while (held && !s.held_.compare_exchange_weak(held, held + 1, std::memory_order_seq_cst)) {
    }
    lanes = s.assignment && bound_ ? s.assignment->lanes : all_lanes_;
  }
  if (held) {
    withdraw(s);
    let_go(s);
    return true;
  }
  // Lanes may sleep until its release: somebody has to count it down now.
  published_.fetch_add(1, std::memory_order_seq_cst);
  ensure_progress(lanes, Nanos::min(), Nanos::min(), false);
  return true;
}

// Submissions that are held later see draining_.
void Executor::cancel_held() {
  std::vector<SubmissionHandle> held;
  {
    std::lock_guard lock(pool_mutex_);
    for (const std::unique_ptr<Submission>& s : all_)
      if (s->held_.load(std::memory_order_seq_cst) != 0)
        held.push_back({s.get(), s->generation_.load(std::memory_order_relaxed)});
  }
  for (const SubmissionHandle& handle : held) cancel(handle);
}

// The end of a submission for everybody but the executor itself.
void Executor::conclude(Submission& s) {
  // From here on nobody can cancel it.
  const Fault found = s.fault_.exchange(Submission::skip(SubmissionEnd::kDone));
  const bool skipped = Submission::is_skip(found);
  s.end_ = skipped ? Submission::reason(found)
           : found ? SubmissionEnd::kFault
                   : SubmissionEnd::kDone;
  const Fault fault = skipped ? nullptr : found;
  Scope* const scope = s.scope;
  if (fault && (scope || !s.signals.empty()))
    s.cause_ = SharedFault(fault, options_.drop_fault);
  if (s.end_ == SubmissionEnd::kScopeFailed) s.cause_ = scope->fault();
  if (scope && s.end_ != SubmissionEnd::kDone && s.end_ != SubmissionEnd::kCancelled)
    scope->fail(s.cause_);
  s.done(s, fault);
  for (const TimelinePoint& point : s.signals) {
    if (s.end_ == SubmissionEnd::kDone) {
      point.timeline->signal(point.value);
    } else {
      point.timeline->fail(s.cause_);
    }
  }
  if (scope) scope->end();
}

}  // namespace takt
