// What a lane asks and starts, as src/run/lane_loop.cpp does it: gather candidates, ask the
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
  if (lane.stops > 0 || !lane.usable || open_count_ == 0) return;
  const bool working = lane.op != kNone;
  if (working && !may_switch(index)) return;
  gather(index);
  if (candidates_.empty()) return;
  ++result_.questions;
  carry_out(index, policy_.choose(view_of(index), candidates_, now_));
}

LaneView Engine::view_of(uint32_t index) const {
  const LaneRun& lane = lanes_[index];
  LaneView view{index, lanes_count_, lane.op == kNone ? now_ - lane.since : Nanos(0),
                lane.last_kernel, lane.last_submission};
  if (keeps_lanes_) return view;   // nobody is helped
  view.others_idle = idle_count_ - (idle_.has(index) ? 1 : 0);
  if (!options_.informed) {
    view.others_idle = std::min(view.others_idle, 1u);   // one, or more
    return view;
  }
  view.unsteady = lane.steadiness.unsteady(now_);
  if (view.unsteady)
    idle_.for_each([&](uint32_t other) {
      view.others_steady += other != index && !lanes_[other].steadiness.unsteady(now_);
    });
  for (uint32_t other = 0; other < lanes_count_; ++other) {
    if (other == index || lanes_[other].op == kNone) continue;
    const Nanos end = ops_[lanes_[other].op].expected_end;
    view.others_free_at = std::min(view.others_free_at, end);
    if (view.unsteady && !lanes_[other].steadiness.unsteady(now_))
      view.steady_free_at = std::min(view.steady_free_at, end);
  }
  return view;
}

void Engine::carry_out(uint32_t index, const Decision& decision) {
  LaneRun& lane = lanes_[index];
  if (decision.replan != ReplanReason::kNone) {
    ask_for_plan(index);
    if (decision.replan == ReplanReason::kLate) triggers_.report_late(0, now_);
    check_triggers();
  }
  if (decision.shed >= 0) {
    const uint32_t job = input_.ops[candidate_ops_[size_t(decision.shed)]].job;
    record_decision(TraceDecision::kShed, index, 0, job);
    drop_job(job);
    end_dropped(job);
    dirty_.add(index);
    return;
  }
  if (decision.candidate < 0) {
    if (lane.op != kNone) {
      leave(index);
      make_idle(index);
      dirty_.remove(index);
    }
    return stay_idle(index, decision.wait_until);
  }
  const uint32_t op = candidate_ops_[size_t(decision.candidate)];
  DCHECK(ops_[op].status == OpStatus::kOpen);
  if (lane.op == op) {
    if (candidates_.size() > 1) ask_at_boundary(index);
    return;
  }
  start(index, op, decision.unit);
}

// Begins `op`, or goes on with it beside others.
void Engine::start(uint32_t index, uint32_t which, Unit unit) {
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
      if (lane.op == kNone) stay_idle(index, Nanos::max());
      return;
    }
  }
  if (lane.op != kNone) leave(index);
  if (fresh && plans_[which].planned) note_deviation(index, which, unit);
  if (fresh && op.is_placed && op.remaining == kWhole) {
    const Nanos share = op.placed_share;
    op.placed.for_each([&](uint32_t named) {
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
  if (lane.open_owned > 0 && !keeps_lanes_) dirty_ = dirty_ | idle_;
  if (candidates_.size() > 1 && sharing_.has(index)) ask_at_boundary(index);
}

void Engine::note_deviation(uint32_t lane, uint32_t which, Unit unit) {
  const OpPlan& plan = plans_[which];
  const uint32_t job = input_.ops[which].job;
  if (!plan.lanes.has(lane)) record_decision(TraceDecision::kMoved, lane, which, job);
  if (unit != plan.unit) record_decision(TraceDecision::kOtherUnit, lane, which, job);
}

void Engine::stay_idle(uint32_t index, Nanos wait_until) {
  const LaneRun& lane = lanes_[index];
  Nanos again = wait_until;
  const bool refused = !keeps_lanes_ && std::any_of(
      candidates_.begin(), candidates_.end(),
      [this](const Candidate& c) { return c.ready && c.release <= now_; });
  if (refused)
    again = std::min(again, now_ + std::clamp(now_ - lane.since, sim_tuning::kAskAgainMin,
                                              sim_tuning::kAskAgainMax));
  clock_.set(ask_slot(index), again <= now_ ? now_ + sim_tuning::kAskAgainMin : again);
}

// A lane on a divisible operation looks up at tile boundaries only, and not before its last one
// when every other tile is taken.
bool Engine::may_switch(uint32_t index) {
  const LaneRun& lane = lanes_[index];
  if (!sharing_.has(index)) return false;
  progress(lane.op);
  if (at_boundary(index)) return ops_[lane.op].remaining > 0;
  if (open_tiles(lane.op) > 0) ask_at_boundary(index);
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

// What is left of what has begun, as far as nobody works on it.
uint32_t Engine::tiles_left(uint32_t index) const {
  const OpRun& op = ops_[index];
  const uint64_t tiles = input_.ops[index].tiles;
  if (op.on_accelerator || op.remaining == 0) return 0;
  // Between events the work goes on: what is left now, not at the last change.
  const Nanos elapsed = std::max(now_ - op.updated, Nanos(0));
  const uint64_t left =
      op.remaining - (op.full > Nanos(0) ? std::min(op.remaining, done_in(op, elapsed)) : 0);
  const uint64_t open = (left * tiles + kWhole - 1) / kWhole;
  const uint64_t taken = op.lanes_on - op.held_by;
  return open > taken ? uint32_t(open - taken) : 0;
}

void Engine::gather(uint32_t index) {
  candidates_.clear();
  candidate_ops_.clear();
  for (const TaskRun& task : tasks_) {
    if (task.current == kNone) continue;
    const JobRun& job = jobs_[task.current];
    if (job.shed || job.ops_left == 0) continue;
    const SimJob& spec = input_.jobs[task.current];
    // What lanes are kept for is nothing to the others.
    const LaneMask& pin = input_.tasks[spec.task].pin;
    if (keeps_lanes_ && !pin.empty() && !pin.has(index)) continue;
    const uint32_t own = job.ordered > 0 ? add_planned_next(index, task.current) : kNone;
    if (!job.due) {
      if (job.ordered == 0) add_candidate(index, spec.first_op, false);
      continue;
    }
    uint32_t budget = sim_tuning::kCandidatesPerJob;
    for (uint32_t w = 0; w < job.words; ++w) {
      for (uint64_t bits = ready_[job.first_word + w]; bits; bits &= bits - 1) {
        const uint32_t op = spec.first_op + w * 64 + uint32_t(std::countr_zero(bits));
        const SimOp& what = input_.ops[op];
        if (op == own || !what.lanes.has(index)) continue;
        if (keeps_lanes_ && plans_[op].planned && !plans_[op].lanes.has(index)) continue;
        if (budget-- == 0 || candidates_.size() >= sim_tuning::kCandidates) break;
        add_candidate(index, op, true);
      }
    }
  }
  if (!accelerators_.empty() && !keeps_lanes_) add_accelerators_next(index);
}

// The first operation the plan gives this lane that is not claimed, ready or to be waited for.
uint32_t Engine::add_planned_next(uint32_t lane, uint32_t job) {
  const uint32_t op = planned_next(lane, job);
  if (op != kNone) add_candidate(lane, op, ops_[op].status != OpStatus::kWaiting);
  return op;
}

// What accelerators are planned for next, whoever drives them, where one is to be had for something
// else. What is ready is among the candidates anyway, and what this lane drives.
void Engine::add_accelerators_next(uint32_t lane) {
  const bool free = std::any_of(candidates_.begin(), candidates_.end(), [](const Candidate& c) {
    return c.ready && c.accelerator_free && c.accelerator_duration > Nanos(0);
  });
  if (!free) return;
  for (const TaskRun& task : tasks_) {
    if (task.current == kNone) continue;
    const JobRun& job = jobs_[task.current];
    if (job.shed || job.ordered == 0) continue;
    for (const Accelerator& accelerator : accelerators_) {
      const uint32_t op = planned_next(accelerator.lane, task.current);
      if (op != kNone && ops_[op].status == OpStatus::kWaiting && !plans_[op].lanes.has(lane))
        add_candidate(lane, op, false);
    }
  }
}

// The first of the job's operations planned for that lane, or on that accelerator, that is not
// claimed.
uint32_t Engine::planned_next(uint32_t lane, uint32_t job) {
  uint32_t& cursor = cursors_[size_t{job} * lanes_count_ + lane];
  const uint32_t* const order = &order_[input_.jobs[job].first_op];
  const uint32_t pool = input_.pool_of[lane];
  for (; cursor < jobs_[job].ordered; ++cursor) {
    const uint32_t op = order[cursor];
    const OpPlan& plan = plans_[op];
    if (!plan.lanes.has(lane) &&
        !(plan.unit == Unit::kAccelerator && input_.ops[op].accelerator == pool))
      continue;
    const OpRun& run = ops_[op];
    const bool waiting = run.status == OpStatus::kWaiting;
    const bool claimed = run.status == OpStatus::kDone || open_tiles(op) == 0 ||
                         (input_.ops[op].tiles == 1 && run.lanes_on > 0);
    if (waiting || !claimed) return op;
  }
  return kNone;
}

void Engine::add_candidate(uint32_t lane, uint32_t index, bool ready) {
  const OpRun& op = ops_[index];
  const SimOp& what = input_.ops[index];
  const uint32_t mine = op.on.has(lane) ? 1 : 0;
  const uint32_t open = open_tiles(index) + mine;
  if (ready && open == 0) return;
  candidate_ops_.push_back(index);
  Candidate& c = candidates_.emplace_back(known_[index]);
  c.open_tiles = open;
  c.lanes_on = op.lanes_on - mine;
  c.ready = ready;
  if (plans_[index].planned) {
    c.bound = plans_[index].lanes.has(lane);
    add_owners(plans_[index].lanes, lane, c);
  } else if (c.planned) {
    c.bound = input_.tasks[input_.jobs[what.job].task].pin.has(lane);
  } else if (op.is_placed) {
    c.placed = op.placed.has(lane);
    add_owners(op.placed, lane, c);
  }
  c.duration = expected(lane, index);
  c.on_core = c.duration > Nanos(0);
  if (what.tiles > 1)
    c.chunk = op.lanes_on > 0 ? std::min(chunk(index), alone(lane, index))
                              : first_chunk(lane, index);
  if (what.accelerator != kNone) add_accelerator(index, c);
  if (!options_.informed) [[unlikely]]
    forget(plans_[index], c);
}

// Of what is left, by this lane: those that the plan has beside it may be held up.
Nanos Engine::alone(uint32_t lane, uint32_t index) const {
  const uint32_t pool = input_.pool_of[lane];
  const Nanos whole =
      input_.duration(index, pool, 1) * 100 / int64_t(reaction_.speed_pct(pool));
  const uint64_t remaining = ops_[index].remaining;
  return remaining == kWhole ? whole : scaled(whole, remaining, kWholeBits);
}

Nanos Engine::first_chunk(uint32_t lane, uint32_t index) const {
  const Nanos all = alone(lane, index);
  return std::min(all, std::max(all / int64_t(open_tiles(index)), sim_tuning::kChunk));
}

// What the executor does not know.
void Engine::forget(const OpPlan& plan, Candidate& c) {
  c.kernel = 0;
  c.owner_free_at = Nanos::max();
  c.remaining = Nanos(0);
  c.chunk = sim_tuning::kChunk;
  c.duration = c.owner_duration = plan.duration;   // 0 without a plan
}

void Engine::add_owners(const LaneMask& owners, uint32_t lane, Candidate& c) const {
  owners.for_each([&](uint32_t owner) {
    if (owner == lane) return;
    if (idle_.has(owner)) c.owner_idle = true;
    else if (lanes_[owner].op != kNone)
      c.owner_free_at = std::min(c.owner_free_at, ops_[lanes_[owner].op].expected_end);
  });
}

// Of what is left, when this lane takes part; a planned lane reckons with the others to come.
Nanos Engine::expected(uint32_t lane, uint32_t index) const {
  const OpRun& op = ops_[index];
  const uint32_t pool = input_.pool_of[lane];
  Nanos whole;
  const OpPlan& plan = plans_[index];
  if (plan.planned && plan.unit == Unit::kCore && plan.lanes.has(lane)) {
    whole = input_.duration(index, pool, plan.lanes.count());
  } else {
    uint32_t beside = 1;
    if (op.lanes_on > 0)
      op.on.for_each([&](uint32_t other) {
        beside += other != lane && input_.pool_of[other] == pool;
      });
    whole = input_.duration(index, pool, beside);
  }
  if (const uint32_t speed = reaction_.speed_pct(pool); speed != 100) [[unlikely]]
    whole = whole * 100 / int64_t(speed);
  return op.remaining == kWhole ? whole : scaled(whole, op.remaining, kWholeBits);
}

}  // namespace takt
