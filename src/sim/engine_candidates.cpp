// What a lane is told: the candidates of its question. What waits (for inputs, for its release) is
// the same from question to question: those rows stay in the lane's table until they are stale.
// What is open follows behind them, a copy of what `known_` has ready of each operation and what
// is this lane's own.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {
namespace {

// What the executor does not know.
void forget(Nanos planned_duration, Candidate& c) {
  c.kernel = 0;
  c.owner_free_at = Nanos::max();
  c.remaining = Nanos(0);
  c.chunk = sim_tuning::kChunk;
  c.duration = c.owner_duration = planned_duration;   // 0 without a plan
}

}  // namespace

// What every question about the operation has in common; the times follow with each job.
Candidate Engine::known_of(uint32_t index) const {
  const SimOp& op = input_.ops[index];
  const SimTask& task = input_.tasks[input_.jobs[op.job].task];
  Candidate c;
  c.op = index;
  c.kernel = op.kernel;
  c.remaining = op.remaining;
  c.open_tiles = op.tiles;
  c.ready = false;
  c.criticality = task.criticality;
  c.priority = task.priority;
  if (op.tiles > 1) c.chunk = sim_tuning::kChunk;
  if (op.accelerator != kNone) c.accelerator_duration = op.accelerator_duration;
  return c;
}

void Engine::add_owners(const LaneMask& owners, Candidate& c) const {
  Nanos first = Nanos::max();   // not in `c`: a store for each lane
  uint64_t idle = 0;
  for (uint32_t w = 0; w < lane_words_; ++w) {
    idle |= owners.word(w) & idle_.word(w);
    for (uint64_t rest = owners.word(w); rest; rest &= rest - 1) {
      const Nanos free_at = free_at_[w * 64 + uint32_t(std::countr_zero(rest))];
      first = free_at < first ? free_at : first;
    }
  }
  c.owner_idle = idle != 0;
  c.owner_free_at = first;
}

// Whose it is, and how long what is left takes when this lane takes part; a planned lane reckons
// with the others to come.
void Engine::tell_expected(const Asker& asker, uint32_t index, Candidate& c) const {
  const OpRun& op = ops_[index];
  const OpPlan& plan = plans_[index];
  const uint32_t pool = asker.pool;
  uint32_t width = 1u + pool_lanes_on_[size_t{index} * pools_count_ + pool] - asker.in(op.on);
  if (plan.planned) {
    c.bound = asker.in(plan.lanes);
    if (!c.bound) add_owners(plan.lanes, c);
    else if (plan.unit == Unit::kCore) width = plan.width;
  } else if (c.planned) {
    c.bound = input_.tasks[input_.jobs[input_.ops[index].job].task].pin.has(asker.lane);
  }
  Nanos whole = input_.duration(index, pool, width);
  if (const uint32_t speed = reaction_.speed_pct(pool); speed != 100) [[unlikely]]
    whole = whole * 100 / int64_t(speed);
  c.duration = op.remaining == kWhole ? whole : scaled(whole, op.remaining, kWholeBits);
  c.on_core = c.duration > Nanos(0);
}

// Of what is left, by one lane: those that the plan has beside it may be held up.
Nanos Engine::alone(uint32_t pool, uint32_t index) const {
  const Nanos whole =
      input_.duration(index, pool, 1) * 100 / int64_t(reaction_.speed_pct(pool));
  const uint64_t remaining = ops_[index].remaining;
  return remaining == kWhole ? whole : scaled(whole, remaining, kWholeBits);
}

// False: all of it is taken.
bool Engine::tell_of(const Asker& asker, uint32_t index, Candidate& c) const {
  const OpRun& op = ops_[index];
  const SimOp& what = input_.ops[index];
  const bool begun = op.lanes_on > 0 || op.remaining != kWhole;
  const uint32_t mine = begun && asker.in(op.on) ? 1 : 0;
  const uint32_t open = begun ? tiles_left(index) + mine : what.tiles;
  if (open == 0) return false;
  c = known_[index];
  if (begun) {
    c.open_tiles = open;
    c.lanes_on = op.lanes_on - mine;
  }
  if (op.is_placed) {
    c.placed = asker.in(op.placed);
    if (!c.placed) add_owners(op.placed, c);
  }
  tell_expected(asker, index, c);
  if (what.tiles > 1) {
    const Nanos all = alone(asker.pool, index);
    const Nanos tiles = op.lanes_on > 0 ? chunk(index)
                                        : std::max(all / int64_t(open), sim_tuning::kChunk);
    c.chunk = std::min(all, tiles);
  }
  if (what.accelerator != kNone) add_accelerator(index, c);
  if (!options_.informed) [[unlikely]]
    forget(plans_[index].duration, c);
  return true;
}

// Behind the first `count` rows; how many there are now.
uint32_t Engine::add_open(const Asker& asker, uint32_t task, uint32_t count) {
  if (!is_told_of(asker.lane, task)) return count;
  const uint32_t current = tasks_[task].current;
  const JobRun& job = jobs_[current];
  const uint32_t first_op = input_.jobs[current].first_op;
  const uint32_t own = planned_next_[asker.lane * tasks_count_ + task].open;
  Candidate* const rows = rows_of(asker.lane);
  uint32_t budget = sim_tuning::kCandidatesPerJob;
  for (uint32_t w = 0; w < job.words; ++w)
    for (uint64_t bits = ready_[job.first_word + w]; bits; bits &= bits - 1) {
      const uint32_t op = first_op + w * 64 + uint32_t(std::countr_zero(bits));
      if (op != own) {   // that one always: the order of the plan hangs on it
        if (!asker.in(input_.ops[op].lanes)) continue;
        if (keeps_lanes_ && plans_[op].planned && !asker.in(plans_[op].lanes)) continue;
        if (budget == 0 || count >= sim_tuning::kCandidates) continue;
        --budget;
      }
      count += tell_of(asker, op, rows[count]);
    }
  return count;
}

std::span<const Candidate> Engine::gather(uint32_t lane) {
  for (uint32_t w = 0; w < task_words_; ++w)
    for (uint64_t bits = stale_[lane * task_words_ + w]; bits; bits &= bits - 1)
      refresh(lane, w * 64 + uint32_t(std::countr_zero(bits)));
  const Asker who = asker(lane);
  uint32_t count = lanes_[lane].waiting;
  for (uint32_t w = 0; w < task_words_; ++w)
    for (uint64_t bits = open_tasks_[w]; bits; bits &= bits - 1)
      count = add_open(who, w * 64 + uint32_t(std::countr_zero(bits)), count);
  open_rows_ = count - lanes_[lane].waiting;
  if (has_plans_ && !keeps_lanes_) count = add_accelerators_next(lane, count);
  return {rows_of(lane), count};
}

void Engine::tell_of_waiting(uint32_t lane, uint32_t op, Candidate& c) const {
  c = known_[op];
  tell_expected(asker(lane), op, c);
  if (!options_.informed) forget(plans_[op].duration, c);
}

// Which lanes are to run what has just become ready.
void Engine::place(uint32_t index) {
  OpRun& op = ops_[index];
  for (LaneLoad& load : loads_) {
    const LaneRun& lane = lanes_[load.lane];
    const Nanos end = free_at_[load.lane];
    load.backlog = lane.queued + std::max(end == Nanos::max() ? Nanos(0) : end - now_, Nanos(0));
    load.awake = lane.op != kNone || now_ - lane.since <= sim_tuning::kSpin;
  }
  Candidate c;
  tell_of(asker(input_.ops[index].lanes.least()), index, c);
  op.placed = policy_.place(c, loads_, input_.ops[index].widest);
  op.is_placed = !op.placed.empty();
  if (!op.is_placed) return;
  op.placed_share = c.duration / int64_t(count_of(op.placed));
  for_lanes(op.placed, [&](uint32_t named) { lanes_[named].queued += op.placed_share; });
}

// What the lane has to reckon with of the task: its next operation in the plan, or that a job
// without a plan is announced.
void Engine::refresh(uint32_t lane, uint32_t task) {
  PlannedNext& next = planned_next_[lane * tasks_count_ + task];
  if (next.open != kNone && !is_claimed(next.open)) return;
  drop_waiting(lane, task);
  next.open = kNone;
  stale_[lane * task_words_ + task / 64] &= ~(uint64_t{1} << task % 64);
  const uint32_t current = tasks_[task].current;
  if (current == kNone || !is_told_of(lane, task)) return;
  const JobRun& job = jobs_[current];
  if (job.shed || job.ops_left == 0) return;
  if (job.ordered == 0) {
    if (!job.due) add_waiting(lane, task, input_.jobs[current].first_op);
    return;
  }
  const uint32_t op = planned_next(lane, current);
  if (op == kNone) return;
  if (ops_[op].status == OpStatus::kWaiting) return add_waiting(lane, task, op);
  next.open = op;
  renew_row(lane, task);   // until it is claimed, which nobody tells
}

// What accelerators are planned for next, whoever drives them, where one is to be had for something
// else. What is ready is among the candidates anyway, and what this lane drives.
uint32_t Engine::add_accelerators_next(uint32_t lane, uint32_t count) {
  Candidate* const rows = rows_of(lane);
  const bool free =
      std::any_of(rows + lanes_[lane].waiting, rows + count, [](const Candidate& c) {
        return c.accelerator_free && c.accelerator_duration > Nanos(0);
      });
  if (!free) return count;
  for (const TaskRun& task : tasks_) {
    if (task.current == kNone) continue;
    const JobRun& job = jobs_[task.current];
    if (job.shed || job.ordered == 0) continue;
    for (const Accelerator& accelerator : accelerators_) {
      const uint32_t op = planned_next(accelerator.lane, task.current);
      if (op == kNone || ops_[op].status != OpStatus::kWaiting || plans_[op].lanes.has(lane))
        continue;
      tell_of_waiting(lane, op, rows[count++]);
    }
  }
  return count;
}

// It is done, or no lane can begin or join it.
bool Engine::is_claimed(uint32_t index) const {
  const OpRun& op = ops_[index];
  if (op.lanes_on == 0) return op.status == OpStatus::kDone;
  return input_.ops[index].tiles == 1 || tiles_left(index) == 0;
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
    if (!is_claimed(op)) return op;
  }
  return kNone;
}

void Engine::add_waiting(uint32_t lane, uint32_t task, uint32_t op) {
  const uint32_t row = lanes_[lane].waiting++;
  tell_of_waiting(lane, op, rows_of(lane)[row]);
  planned_next_[lane * tasks_count_ + task].row = row;
}

// The last row takes its place.
void Engine::drop_waiting(uint32_t lane, uint32_t task) {
  PlannedNext* const of_lane = &planned_next_[lane * tasks_count_];
  const uint32_t row = of_lane[task].row;
  if (row == kNone) return;
  of_lane[task].row = kNone;
  const uint32_t last = --lanes_[lane].waiting;
  if (row == last) return;
  Candidate* const rows = rows_of(lane);
  rows[row] = rows[last];
  of_lane[input_.jobs[input_.ops[rows[row].op].job].task].row = row;
}

// Whatever lanes are told to reckon with of the task is something else now.
void Engine::renew_rows(uint32_t task) {
  for (uint32_t lane = 0; lane < lanes_count_; ++lane) {
    planned_next_[lane * tasks_count_ + task].open = kNone;
    renew_row(lane, task);
  }
}

}  // namespace takt
