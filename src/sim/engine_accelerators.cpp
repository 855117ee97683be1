// Who may use an accelerator: AcceleratorManager, with operations as users. An operation that
// becomes ready while its accelerator is taken queues there. Its turn is a first refusal: the
// policy, asked at once, starts it or not; what is not started by the end of that instant gives
// its turn back. An operation that waits may begin on cores at any time.
#include <algorithm>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {

void Engine::add_accelerators() {
  for (uint32_t lane = 0; lane < lanes_count_; ++lane) {
    if (input_.cores.has(lane)) continue;
    accelerator_of_[lane] = uint32_t(accelerators_.size());
    accelerators_.emplace_back().lane = lane;
  }
}

// It can have the accelerator as long as nothing of it has been done.
void Engine::add_accelerator(uint32_t index, Candidate& c) const {
  const OpRun& op = ops_[index];
  if (op.lanes_on > 0 || op.remaining < kWhole) {
    c.accelerator_duration = Nanos(0);
    return;
  }
  for (const uint32_t lane : input_.pools[input_.ops[index].accelerator].lanes) {
    const AcceleratorManager& manager = accelerators_[accelerator_of_[lane]].manager;
    const bool waits = op.asked == accelerator_of_[lane];
    if (manager.free() || (waits && manager.holder() == index)) {
      c.accelerator_free = true;
      c.accelerator_free_at = now_;
      return;
    }
    // Whose turn it is has yet to say whether it begins.
    if (manager.holder() != AcceleratorManager::kNobody &&
        accelerators_[accelerator_of_[lane]].driver == kNone) {
      c.accelerator_free_at = now_ + sim_tuning::kAskAgainMin;
      return;
    }
    // Its own place in the queue counts as somebody before it.
    Nanos free_at = manager.free_at(c.criticality, c.priority, now_);
    if (waits) free_at = std::max(free_at - c.accelerator_duration, now_);
    c.accelerator_free_at = std::min(c.accelerator_free_at, free_at);
  }
}

AcceleratorRequest Engine::request_of(uint32_t index) const {
  const SimOp& op = input_.ops[index];
  const SimTask& task = input_.tasks[input_.jobs[op.job].task];
  AcceleratorRequest request{index, task.criticality, task.priority, op.accelerator_duration,
                             Nanos::max()};
  for (uint32_t pool = 0; pool < input_.pools.size(); ++pool)
    if (const Nanos core = input_.duration(index, pool, input_.widths); core > Nanos(0))
      request.core_duration = std::min(request.core_duration, core);
  return request;
}

// When it is faster there, or planned there, and nobody can have it at once.
void Engine::queue_for_accelerator(uint32_t index) {
  const SimOp& what = input_.ops[index];
  OpRun& op = ops_[index];
  if (what.accelerator == kNone || op.asked != kNone || op.lanes_on > 0 ||
      op.remaining < kWhole)
    return;
  const AcceleratorRequest request = request_of(index);
  const bool planned = plans_[index].planned && plans_[index].unit == Unit::kAccelerator;
  if (!planned && request.duration >= request.core_duration) return;
  Accelerator* best = nullptr;
  Nanos soonest = Nanos::max();
  for (const uint32_t lane : input_.pools[what.accelerator].lanes) {
    Accelerator& accelerator = accelerators_[accelerator_of_[lane]];
    const Nanos at = accelerator.manager.free_at(request.criticality, request.priority, now_);
    if (accelerator.manager.free()) return;
    if (at < soonest) best = &accelerator;
    soonest = std::min(soonest, at);
  }
  if (!best) return;
  op.asked = uint32_t(best - accelerators_.data());
  AcceleratorChange change;
  const AcceleratorAnswer answer = best->manager.request(request, now_, &change);
  if (answer != AcceleratorAnswer::kQueued) op.asked = kNone;
  apply(*best, change);
}

// For an operation that begins on it now. kNone: none is to be had.
uint32_t Engine::take_accelerator(uint32_t index) {
  OpRun& op = ops_[index];
  if (op.asked != kNone && accelerators_[op.asked].manager.holder() == index) {
    --untaken_;
    return op.asked;
  }
  for (const uint32_t lane : input_.pools[input_.ops[index].accelerator].lanes) {
    Accelerator& accelerator = accelerators_[accelerator_of_[lane]];
    if (!accelerator.manager.free()) continue;
    give_up_accelerator(index);   // the place in another's queue
    AcceleratorChange change;
    accelerator.manager.request(request_of(index), now_, &change);
    return op.asked = accelerator_of_[lane];
  }
  return kNone;
}

// Releases it, or leaves the queue.
void Engine::give_up_accelerator(uint32_t index) {
  OpRun& op = ops_[index];
  if (op.asked == kNone) return;
  Accelerator& accelerator = accelerators_[op.asked];
  op.asked = kNone;
  const bool held = accelerator.manager.holder() == index;
  const bool untaken = held && accelerator.driver == kNone;
  if (untaken) --untaken_;
  if (held) accelerator.driver = kNone;
  apply(accelerator, untaken ? accelerator.manager.decline(index, now_)
                             : accelerator.manager.cancel(index, now_));
  if (held && accelerator.manager.free() && open_count_ > 0) dirty_ = dirty_ | idle_;
}

void Engine::apply(Accelerator& accelerator, const AcceleratorChange& change) {
  for (uint32_t i = 0; i < change.to_core_count; ++i) {
    const auto index = uint32_t(change.to_core[i]);
    ops_[index].asked = kNone;
    record_decision(TraceDecision::kToCore, accelerator.lane, index, input_.ops[index].job);
    wake(index);
  }
  if (change.lost != AcceleratorManager::kNobody)
    drop_holder(accelerator, uint32_t(change.lost));
  if (change.granted != AcceleratorManager::kNobody) {
    ++untaken_;
    wake(uint32_t(change.granted));
  }
  set_poll(accelerator);
}

// What it did there does not count.
void Engine::drop_holder(Accelerator& accelerator, uint32_t index) {
  ops_[index].asked = kNone;
  const uint32_t lane = accelerator.driver;
  accelerator.driver = kNone;
  if (lane == kNone) {
    --untaken_;
  } else {
    leave(lane);
    if (lanes_[lane].usable) make_idle(lane);
    ops_[index].remaining = kWhole;
  }
  offer(index);
}

// From those that did not begin; whoever is next has its turn.
void Engine::take_back_grants() {
  for (Accelerator& accelerator : accelerators_) {
    const uint64_t holder = accelerator.manager.holder();
    if (holder == AcceleratorManager::kNobody || accelerator.driver != kNone) continue;
    give_up_accelerator(uint32_t(holder));
  }
}

void Engine::fail(const Disturbance& what) {
  Accelerator& accelerator = accelerators_[accelerator_of_[what.lane]];
  record_decision(TraceDecision::kAcceleratorFailed, what.lane, 0, kNone);
  accelerator.out_until =
      what.length == Nanos::max() ? what.length : std::max(accelerator.out_until,
                                                           now_ + what.length);
  apply(accelerator, accelerator.manager.fault(now_));
  dirty_ = dirty_ | idle_;
}

// Somebody has seen to one that was given up.
void Engine::repair(uint32_t lane) {
  Accelerator& accelerator = accelerators_[accelerator_of_[lane]];
  accelerator.manager.restore(now_);
  set_poll(accelerator);
}

// What runs there will never be done: the time-out notices.
void Engine::hang(uint32_t lane) {
  const Accelerator& accelerator = accelerators_[accelerator_of_[lane]];
  if (accelerator.driver == kNone) return;
  const auto which = uint32_t(accelerator.manager.holder());
  ops_[which].hangs = true;
  progress(which);
  reschedule(which);
}

// A holder that hangs is lost, or a reset is over; one that did not help is another fault.
void Engine::poll(Accelerator& accelerator) {
  AcceleratorManager& manager = accelerator.manager;
  const uint64_t holder = manager.holder();
  const bool resets = holder == AcceleratorManager::kNobody;
  if (resets && accelerator.out_until == Nanos::max()) {
    apply(accelerator, manager.fault(now_));
    if (manager.given_up())
      record_decision(TraceDecision::kAcceleratorGivenUp, accelerator.lane, 0, kNone);
  } else {
    apply(accelerator, manager.poll(now_));
    record_decision(resets ? TraceDecision::kAcceleratorBack : TraceDecision::kAcceleratorTimedOut,
                    accelerator.lane, resets ? 0 : uint32_t(holder),
                    resets ? kNone : input_.ops[holder].job);
  }
  dirty_ = dirty_ | idle_;
}

void Engine::set_poll(const Accelerator& accelerator) {
  const AcceleratorManager& manager = accelerator.manager;
  Nanos next = manager.next_event();
  const bool resets = manager.holder() == AcceleratorManager::kNobody && next != Nanos::max();
  if (resets && accelerator.out_until != Nanos::max())
    next = std::max(next, accelerator.out_until);
  const auto index = uint32_t(&accelerator - accelerators_.data());
  clock_.set(poll_slot(index), next);
  if (triggers_.usable_accelerators().has(index) == manager.usable()) return;
  triggers_.report_accelerator(index, manager.usable(), now_);
  check_triggers();
}

}  // namespace takt
