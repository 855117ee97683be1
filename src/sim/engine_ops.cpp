// How work progresses: lanes join and leave operations, and rates change.
#include <algorithm>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {

// On the cores that work on it now: each cluster at its speed, together as fast as the sum.
template <class SpeedPct>
Nanos Engine::core_duration(uint32_t index, SpeedPct speed_pct) {
  const uint16_t* const lanes_on = &pool_lanes_on_[size_t{index} * pools_count_];
  const auto alone = [&](uint32_t pool) {
    const Nanos duration = input_.duration(index, pool, lanes_on[pool]);
    const uint32_t speed = speed_pct(pool);
    return speed == 100 ? duration : duration * 100 / int64_t(speed);
  };
  uint32_t pools = 0, first = kNone;
  for (uint32_t pool = 0; pool < pools_count_; ++pool)
    if (lanes_on[pool] > 0 && pools++ == 0) first = pool;
  if (pools == 1) return alone(first);
  constexpr uint64_t kRate = uint64_t{1} << 62;
  uint64_t rate = 0;   // operations in that many ns
  for (uint32_t pool = first; pool < pools_count_; ++pool)
    if (lanes_on[pool] > 0)
      rate += std::min(kRate / uint64_t(std::max<int64_t>(alone(pool).ns, 1)), kRate / 256);
  return Nanos(int64_t(kRate / rate));
}

template <class SpeedPct>
Nanos Engine::nominal(uint32_t index, SpeedPct speed_pct) {
  const Nanos full = ops_[index].on_accelerator ? input_.ops[index].accelerator_duration
                                                : core_duration(index, speed_pct);
  return std::max(full, Nanos(1));
}

void Engine::progress(uint32_t index) {
  OpRun& op = ops_[index];
  const Nanos elapsed = now_ - op.updated;
  if (elapsed <= Nanos(0) || op.full == Nanos(0)) return;
  op.updated = now_;
  const uint64_t taken = std::min(op.remaining, part_done(op.full, elapsed));
  op.remaining -= taken;
  const uint64_t each = taken / (op.lanes_on - op.held_by);
  for_lanes(op.on, [&](uint32_t lane) { lanes_[lane].done += each; });
}

// Sets the end by the lanes that work on it now. REQUIRES: progress(index) was called now
void Engine::reschedule(uint32_t index) {
  OpRun& op = ops_[index];
  if (op.lanes_on == op.held_by) {
    op.full = Nanos(0);
    op.updated = now_;
    clock_.set(op.slot, Nanos::max());
    return;
  }
  const Nanos begin = std::max(op.updated, now_);
  const Nanos actual = nominal(index, [this](uint32_t pool) { return speed_pct_[pool]; });
  const Nanos expected =
      speeds_known_ ? actual
                    : nominal(index, [this](uint32_t pool) { return reaction_.speed_pct(pool); });
  op.updated = begin;
  op.full = op.stretch == Jitter::kOne ? actual : scaled(actual, op.stretch, Jitter::kBits);
  op.expected_end = begin + scaled(expected, op.remaining, kWholeBits);
  for_lanes(op.on, [&](uint32_t lane) { free_at_[lane] = op.expected_end; });
  if (op.held_by > 0) [[unlikely]]
    for (uint32_t lane = 0; lane < lanes_count_; ++lane)
      if (lanes_[lane].op == index) free_at_[lane] = op.expected_end;
  clock_.set(op.slot, op.hangs ? Nanos::max()
                               : begin + scaled(op.full, op.remaining, kWholeBits));
}

void Engine::put_on(uint32_t lane, uint32_t which) {
  ops_[which].on.add(lane);
  ++pool_lanes_on_[size_t{which} * pools_count_ + input_.pool_of[lane]];
}

void Engine::take_off(uint32_t lane, uint32_t which) {
  ops_[which].on.remove(lane);
  --pool_lanes_on_[size_t{which} * pools_count_ + input_.pool_of[lane]];
}

void Engine::join(uint32_t index, uint32_t which) {
  LaneRun& lane = lanes_[index];
  OpRun& op = ops_[which];
  const uint32_t site = input_.pools[input_.pool_of[index]].site;
  if (op.lanes_on == 0) {
    op.slot = free_slots_.back();
    free_slots_.pop_back();
    slot_op_[op.slot] = which;
    op.site = site;
    op.updated = now_;
    // Data from another site is read when work begins.
    if (input_.sites > 1)
      op.updated = std::max(now_, arrivals_[size_t{which} * input_.sites + site]);
    ++jobs_[input_.ops[which].job].running;
  } else {
    progress(which);
  }
  ++op.lanes_on;
  put_on(index, which);
  free_at_[index] = op.expected_end;
  lane.op = which;
  lane.since = now_;
  lane.done = 0;
  lane.last_kernel = input_.ops[which].kernel;
  lane.last_submission = jobs_[input_.ops[which].job].sequence;
  if (input_.ops[which].tiles > 1 && !op.on_accelerator) sharing_.add(index);
  if (op.lanes_on == 1) return reschedule(which);
  // Often several come at once: what they make together is worked out when all have come.
  if (op.rate_changed) return;
  op.rate_changed = true;
  rate_changed_.push_back(which);
}

void Engine::settle_rates() {
  for (const uint32_t which : rate_changed_) {
    ops_[which].rate_changed = false;
    if (ops_[which].lanes_on > 0) reschedule(which);
  }
  rate_changed_.clear();
}

// The lane has neither work nor is it idle afterwards.
void Engine::detach(uint32_t index) {
  LaneRun& lane = lanes_[index];
  record_segment(index);
  lane.op = kNone;
  free_at_[index] = Nanos::max();
  sharing_.remove(index);
  clock_.set(ask_slot(index), Nanos::max());
  lane.accelerator = kNone;
}

// Nobody is on it any more.
void Engine::vacate(uint32_t which) {
  OpRun& op = ops_[which];
  clock_.set(op.slot, Nanos::max());
  free_slots_.push_back(op.slot);
  op.slot = kNone;
  op.full = Nanos(0);
  op.on_accelerator = op.hangs = false;
  --jobs_[input_.ops[which].job].running;
}

// What is left of the operation stays open. See detach().
void Engine::leave(uint32_t index) {
  LaneRun& lane = lanes_[index];
  const uint32_t which = lane.op;
  OpRun& op = ops_[which];
  progress(which);
  if (op.on.has(index)) {
    take_off(index, which);
  } else {
    op.remaining += lane.held;
    lane.held = 0;
    --op.held_by;
  }
  detach(index);
  if (--op.lanes_on > 0) return reschedule(which);
  vacate(which);
  const uint32_t job = input_.ops[which].job;
  if (jobs_[job].shed) end_dropped(job);
}

void Engine::finish(uint32_t slot) {
  const uint32_t which = slot_op_[slot];
  OpRun& op = ops_[which];
  progress(which);
  op.remaining = 0;
  for_lanes(op.on, [&](uint32_t lane) {
    detach(lane);
    if (lanes_[lane].usable) make_idle(lane);
  });
  op.on = {};
  std::fill_n(&pool_lanes_on_[size_t{which} * pools_count_], pools_count_, 0);
  op.lanes_on = op.held_by;
  if (op.held_by > 0) return reschedule(which);
  vacate(which);
  complete(which);
}

void Engine::complete(uint32_t which) {
  OpRun& op = ops_[which];
  const SimOp& what = input_.ops[which];
  withdraw(which);
  op.status = OpStatus::kDone;
  op.done_at = now_;
  ++result_.operations;
  mix(uint64_t{which} << 8 | op.site);
  JobRun& job = jobs_[what.job];
  --job.ops_left;
  if (job.shed) {
    give_up_accelerator(which);
    return end_dropped(what.job);
  }
  for (uint32_t e = 0; e < what.edges; ++e) {
    const SimEdge& edge = input_.edges[what.first_edge + e];
    if (edge.cross == kNone)
      input_done(edge.op, edge.delay, edge.transfer, op.site);
    else if (waits_in(input_.ops[edge.op].job, job.window))
      other_job_done(edge, edge.transfer, op.site);
  }
  // What this made ready has queued: the accelerator goes to the most urgent.
  give_up_accelerator(which);
  if (!what.submit && --job.graph_left == 0)
    end_job(what.job, now_ <= job.deadline ? JobOutcome::kDone : JobOutcome::kMissed);
  if (input_.jobs[what.job].task == input_.planner && !options_.planner->step() &&
      job.ops_left > 0)
    return stop_planning();
  if (job.ops_left == 0) activate_next(input_.jobs[what.job].task);
}

void Engine::record_segment(uint32_t index) {
  LaneRun& lane = lanes_[index];
  const SimOp& op = input_.ops[lane.op];
  const uint32_t driven =
      lane.accelerator == kNone ? kNone : accelerators_[lane.accelerator].lane;
  for (const uint32_t on : {index, driven}) {
    if (on == kNone) continue;
    result_.busy[on] += now_ - lane.since;
    if (!options_.trace) continue;
    TraceEvent event = job_event(op.submit ? TraceEvent::Kind::kSubmit : TraceEvent::Kind::kOp,
                                 op.job);
    event.lane = uint16_t(on);
    event.value = uint16_t(std::min<uint64_t>(
        (lane.done * op.tiles + kWhole / 2) >> kWholeBits, 0xffff));
    event.op = op.graph_op;
    event.begin = lane.since;
    event.end = now_;
    record(event);
  }
}

void Engine::record(TraceEvent event) {
  if (options_.sink) options_.sink(event);
  else result_.trace.events.push_back(event);
}

void Engine::record_decision(TraceDecision decision, uint32_t lane, uint32_t op, uint32_t job) {
  TraceEvent event;
  if (job != kNone) event = job_event(TraceEvent::Kind::kDecision, job);
  event.kind = TraceEvent::Kind::kDecision;
  event.lane = uint16_t(lane);
  event.value = uint16_t(decision);
  event.op = op;
  event.begin = event.end = now_;
  if (options_.trace || options_.sink) record(event);
}

}  // namespace takt
