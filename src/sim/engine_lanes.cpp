// When a lane asks and what it starts, as src/run/lane_ask.cpp does it: gather candidates, ask the
// policy, claim.
#include <algorithm>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {

void Engine::make_idle(uint32_t index) {
  LaneRun& lane = lanes_[index];
  lane.since = now_;
  if (!idle_.has(index)) ++idle_count_;
  idle_.add(index);
  if (lane.stops == 0) dirty_.add(index);
}

void Engine::not_idle(uint32_t index) {
  if (idle_.has(index)) --idle_count_;
  idle_.remove(index);
}

void Engine::ask(uint32_t index) {
  LaneRun& lane = lanes_[index];
  if (lane.stops > 0 || !lane.usable || (keeps_lanes_ ? lane.open : open_count_) == 0) return;
  if (lane.op != kNone) {
    if (!may_switch(index)) return;
  } else if (lane.refused == epoch_) {
    return;   // nothing has changed since
  }
  const std::span<const Candidate> candidates = gather(index);
  if (candidates.empty()) return;
  ++result_.questions;
  carry_out(index, candidates, policy_.choose(view_of(index), candidates, now_));
}

LaneView Engine::view_of(uint32_t index) const {
  const LaneRun& lane = lanes_[index];
  LaneView view{index, lanes_count_, lane.op == kNone ? now_ - lane.since : Nanos(0),
                lane.last_kernel, lane.last_submission};
  if (looks_around_) look_around(index, view);
  return view;
}

void Engine::look_around(uint32_t index, LaneView& view) const {
  view.others_idle = idle_count_ - (idle_.has(index) ? 1 : 0);
  if (!options_.informed) {
    view.others_idle = std::min(view.others_idle, 1u);   // one, or more
    return;
  }
  view.others_free_at = first_free(index);
  view.unsteady = lanes_[index].steadiness.unsteady(now_);
  if (!view.unsteady) return;
  for (uint32_t other = 0; other < lanes_count_; ++other) {
    if (other == index || lanes_[other].steadiness.unsteady(now_)) continue;
    view.others_steady += idle_.has(other);
    view.steady_free_at = std::min(view.steady_free_at, free_at_[other]);
  }
}

// When the first other lane that works is expected to be free.
Nanos Engine::first_free(uint32_t index) const {
  Nanos first = Nanos::max();
  for (uint32_t other = 0; other < lanes_count_; ++other) {
    const Nanos free_at = other == index ? Nanos::max() : free_at_[other];
    first = free_at < first ? free_at : first;
  }
  return first;
}

void Engine::carry_out(uint32_t index, std::span<const Candidate> candidates,
                       const Decision& decision) {
  LaneRun& lane = lanes_[index];
  if (decision.replan != ReplanReason::kNone) {
    ask_for_plan(index);
    if (decision.replan == ReplanReason::kLate) triggers_.report_late(0, now_);
    check_triggers();
    ++epoch_;
  }
  if (decision.shed >= 0) {
    const uint32_t job = input_.ops[candidates[size_t(decision.shed)].op].job;
    record_decision(TraceDecision::kShed, index, 0, job);
    drop_job(job);
    end_dropped(job);
    dirty_.add(index);
    ++epoch_;
    return;
  }
  if (decision.candidate < 0) {
    const bool refused = open_rows_ > 0;
    if (lane.op != kNone) {
      leave(index);
      make_idle(index);
      dirty_.remove(index);
      ++epoch_;
    }
    if (decision.replan == ReplanReason::kNone) lane.refused = epoch_;
    return stay_idle(index, decision.wait_until, refused);
  }
  ++epoch_;
  const uint32_t op = candidates[size_t(decision.candidate)].op;
  DCHECK(ops_[op].status == OpStatus::kOpen);
  if (lane.op == op) {
    if (candidates.size() > 1) ask_at_boundary(index);
    return;
  }
  start(index, op, decision.unit, candidates.size() > 1);
}

// Begins `op`, or goes on with it beside others.
void Engine::start(uint32_t index, uint32_t which, Unit unit, bool has_choice) {
  LaneRun& lane = lanes_[index];
  OpRun& op = ops_[which];
  const SimOp& what = input_.ops[which];
  if (input_.duration(which, input_.pool_of[index], 1) == Nanos(0)) unit = Unit::kAccelerator;
  const bool fresh = op.lanes_on == 0;
  uint32_t accelerator = kNone;
  if (unit == Unit::kAccelerator) {
    if (fresh) accelerator = take_accelerator(which);
    // The policy was told; what it started anyway waits for the accelerator.
    if (accelerator == kNone) {
      if (lane.op == kNone) stay_idle(index, Nanos::max(), true);
      return;
    }
  }
  if (lane.op != kNone) leave(index);
  if (fresh && plans_[which].planned) note_deviation(index, which, unit);
  if (fresh && op.is_placed && op.remaining == kWhole) {
    const Nanos share = op.placed_share;
    for_lanes(op.placed, [&](uint32_t named) {
      lanes_[named].queued = std::max(lanes_[named].queued - share, Nanos(0));
    });
  }
  not_idle(index);
  clock_.set(ask_slot(index), Nanos::max());
  if (accelerator != kNone) {
    lane.accelerator = accelerator;
    accelerators_[accelerator].driver = index;
    set_poll(accelerators_[accelerator]);
    op.on_accelerator = true;
  } else {
    give_up_accelerator(which);
  }
  if (what.tiles == 1 || op.on_accelerator) withdraw(which);
  join(index, which);
  // One owner less is idle: others may help now.
  if (lane.open > 0 && !keeps_lanes_) dirty_ = dirty_ | idle_;
  if (has_choice && sharing_.has(index)) ask_at_boundary(index);
}

void Engine::note_deviation(uint32_t lane, uint32_t which, Unit unit) {
  const OpPlan& plan = plans_[which];
  const uint32_t job = input_.ops[which].job;
  if (!plan.lanes.has(lane)) record_decision(TraceDecision::kMoved, lane, which, job);
  if (unit != plan.unit) record_decision(TraceDecision::kOtherUnit, lane, which, job);
}

// `refused`: something ready.
void Engine::stay_idle(uint32_t index, Nanos wait_until, bool refused) {
  const LaneRun& lane = lanes_[index];
  Nanos again = wait_until;
  if (refused && !keeps_lanes_)
    again = std::min(again, now_ + std::clamp(now_ - lane.since, sim_tuning::kAskAgainMin,
                                              sim_tuning::kAskAgainMax));
  clock_.set(ask_slot(index), again <= now_ ? now_ + sim_tuning::kAskAgainMin : again);
}

// A lane on a divisible operation looks up at tile boundaries only, and not before its last one
// when every other tile is taken.
bool Engine::may_switch(uint32_t index) {
  const LaneRun& lane = lanes_[index];
  if (!sharing_.has(index)) return false;
  ++epoch_;   // what is left of it is told as of now
  progress(lane.op);
  if (at_boundary(index)) return ops_[lane.op].remaining > 0;
  if (tiles_left(lane.op) > 0) ask_at_boundary(index);
  return false;
}

bool Engine::at_boundary(uint32_t index) const {
  const Nanos spent = now_ - lanes_[index].since;
  return spent > Nanos(0) && spent % chunk(lanes_[index].op) == Nanos(0);
}

// At the next tile boundary after a chunk, counted from when the lane came.
void Engine::ask_at_boundary(uint32_t index) {
  const LaneRun& lane = lanes_[index];
  const Nanos tile = chunk(lane.op);
  const Nanos spent = now_ - lane.since;
  clock_.set(ask_slot(index), lane.since + tile * (spent / tile + 1));
}

}  // namespace takt
