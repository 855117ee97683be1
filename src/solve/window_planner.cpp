#include "solve/window_planner.h"

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "base/check.h"

namespace takt {
namespace {

// A kept plan serves when what is left over ends later than it did by at most this part of the
// window: operations then shift a little, which every policy but strict makes up for.
constexpr int64_t kLatePart = 16;

// The mode that the planned lanes and variant are of.
uint32_t mode_of(const WindowBase& base, const Operation& op, const PlanOp& planned) {
  for (uint32_t m = 0; m < op.modes.size(); ++m) {
    size_t lanes = 0;
    for (const Demand& demand : op.modes[m].demands) {
      const auto count = std::count_if(
          planned.lanes.begin(), planned.lanes.end(),
          [&](LaneId lane) { return base.pool_of[lane.value()] == demand.pool.value(); });
      if (count == demand.count) lanes += size_t(count);
    }
    if (lanes == planned.lanes.size() && op.modes[m].variant == planned.variant) return m;
  }
  return PlannedOp::kNoMode;
}

// `plan` as a window of activation 0.
WindowPlan window_of(const WindowBase& base, const Plan& plan) {
  std::map<std::tuple<std::string, uint32_t, Operation::Kind, uint32_t>, OpId> ops;
  for (uint32_t i = 0; i < base.base.operations.size(); ++i) {
    const Operation& op = base.base.operations[i];
    const Job& job = base.base.jobs[op.job.value()];
    ops[{base.base.tasks[job.task.value()].name, job.index, op.kind, op.graph_op}] = OpId(i);
  }
  std::vector<PlannedOp> planned;
  for (const PlanOp& op : plan.operations) {
    const auto found = ops.find(
        {plan.tasks[op.task.value()].name, op.job, op.kind, op.graph_op});
    if (found == ops.end()) continue;
    PlannedOp& made = planned.emplace_back();
    made = {found->second, op.start, op.duration,
            mode_of(base, base.base.operations[found->second.value()], op), {}};
    for (const LaneId lane : op.lanes) made.lanes.add(lane.value());
  }
  std::sort(planned.begin(), planned.end(),
            [](const PlannedOp& a, const PlannedOp& b) { return a.op < b.op; });
  WindowPlan window;
  window.to = base.base.horizon;
  for (PlannedOp& op : planned) {
    const JobId job = base.base.operations[op.op.value()].job;
    if (window.jobs.empty() || window.jobs.back().job != job)
      window.jobs.push_back({job, 0, uint32_t(window.ops.size()), 0});
    ++window.jobs.back().op_count;
    window.ops.push_back(op);
  }
  return window;
}

}  // namespace

WindowPlanner::WindowPlanner(const Instance& base, const Plan* plan, const WindowOptions& options)
    : base_(base), options_(options) {
  CHECK(options.window > Nanos(0));
  pieces_ = (base.horizon.ns + options.window.ns - 1) / options.window.ns;
  if (plan) keep_whole(*plan);
}

// The plan given is in force at first; where a hyperperiod is a window, it is kept for all that
// go as the base says.
void WindowPlanner::keep_whole(const Plan& plan) {
  plans_.always = window_of(base_, plan);
  if (pieces_ > 1 || plans_.always.ops.size() < base_.base.operations.size()) return;
  to_ = base_.base.horizon;
  const WindowState start{Nanos(0), {}, std::vector<int64_t>(base_.base.tasks.size(), 0)};
  const Conditions as_planned;
  note(as_planned, Forecast(base_, as_planned, start, from_, to_, plans_));
  Kept whole = wanted_;
  for (const RunOp& what : whole.of.open) {
    whole.ops.emplace_back(what, *plans_.always.find(what.job, 0, what.op));
    if (whole.ops.back().second.mode == PlannedOp::kNoMode) return;
  }
  for (const ObjectiveLevel& level : plan.objective) {
    if (level.name == name_of(Level::kHardMisses)) whole.hard_misses = level.value;
    if (level.name == name_of(Level::kFirmMisses)) whole.firm_misses = level.value;
  }
  kept_.push_front(std::move(whole));
}

Nanos WindowPlanner::boundary(int64_t n) const {
  const Nanos horizon = base_.base.horizon;
  const int64_t piece = n % pieces_;
  // Whole nanoseconds, and each hyperperiod the same ones.
  return horizon * (n / pieces_) +
         Nanos(int64_t(Int128(horizon.ns) * piece / pieces_));
}

int64_t WindowPlanner::window_at(Nanos time) const {
  const Nanos horizon = base_.base.horizon;
  int64_t n = time / horizon * pieces_ +
              int64_t(Int128((time % horizon).ns) * pieces_ / horizon.ns);
  while (boundary(n + 1) <= time) ++n;
  while (boundary(n) > time) --n;
  return n;
}

void WindowPlanner::begin(const Conditions& conditions, const WindowState& state, Nanos from,
                          Nanos to) {
  DCHECK(std::max(from, state.now) < to);
  from_ = std::max(from, state.now);
  to_ = to;
  replanner_.reset();
  problem_.reset();
  const Forecast forecast(base_, conditions, state, from, to, plans_);
  note(conditions, forecast);
  keeps_ = is_regular(conditions, state.now);
  reuse_ = keeps_ ? find_kept(wanted_) : nullptr;
  slices_left_ = 0;
  if (reuse_ || (wanted_.of.open.empty() && left_over_.empty())) return;
  made_ = window_instance(base_, conditions, forecast);
  slices_left_ = 1 + options_.slices;
}

// A window that comes again: it begins at a boundary, and nothing is known to change.
bool WindowPlanner::is_regular(const Conditions& conditions, Nanos now) const {
  return now <= from_ && boundary(window_at(from_)) == from_ && conditions.speed_changes.empty() &&
         conditions.outages.empty();
}

// What the present window is about: its circumstances, and what is decided.
void WindowPlanner::note(const Conditions& conditions, const Forecast& forecast) {
  const Nanos horizon = base_.base.horizon;
  const int64_t activation = from_ / horizon;
  wanted_ = {};
  wanted_.of.phase = from_ % horizon;
  wanted_.of.length = to_ - from_;
  wanted_.of.conditions = conditions;
  decided_.clear();
  left_over_.clear();
  impossible_ = forecast.impossible();
  for (const Forecast::WantedJob& job : forecast.jobs()) {
    const Job& base = base_.base.jobs[job.job.value()];
    const bool left = forecast.release(job) < from_ &&
                      base_.base.tasks[base.task.value()].criticality >= Criticality::kSoft;
    for (uint32_t i = 0; i < base.op_count; ++i) {
      const Forecast::Item& item = forecast.items()[job.first_item + i];
      if (item.fate == Forecast::Fate::kDone) continue;
      const OpId op(base.first_op + i);
      const RunOp relative{job.job, job.activation - activation, op};
      if (item.fate == Forecast::Fate::kFree) {
        if (left) left_over_.push_back({job.job, job.activation, op});
        else wanted_.of.open.push_back(relative);
        continue;
      }
      decided_.push_back({{job.job, job.activation, op},
                          {op, item.start, item.end - item.start, item.mode, item.lanes}});
      if (!item.in_window() || left) continue;
      wanted_.of.taken.push_back(relative);
      wanted_.ends.push_back(item.end - from_);
    }
  }
}

const WindowPlanner::Kept* WindowPlanner::find_kept(const Kept& wanted) {
  const Nanos tolerated = wanted.of.length / kLatePart;
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    if (kept->of != wanted.of) continue;
    const bool in_time = std::equal(
        kept->ends.begin(), kept->ends.end(), wanted.ends.begin(),
        [&](Nanos before, Nanos now) { return now <= before + tolerated; });
    if (!in_time) continue;
    kept_.splice(kept_.begin(), kept_, kept);
    return &kept_.front();
  }
  return nullptr;
}

void WindowPlanner::step() {
  CHECK(slices_left_ > 0);
  --slices_left_;
  if (replanner_) {
    replanner_->improve(Nanos::max(), options_.steps_per_slice);
    return;
  }
  problem_.emplace(made_.instance);
  replanner_.emplace(*problem_,
                     ReplanOptions{.objective = options_.objective, .seed = options_.seed});
  const Schedule previous = guide();
  replanner_->first(&previous);
}

// The plan in force, else the one given, as the Replanner takes it: what neither knows goes
// where it can.
Schedule WindowPlanner::guide() const {
  Schedule guide;
  for (const WindowInstance::Source& source : made_.sources) {
    const RunOp& what = source.what;
    PlannedOp planned;
    uint32_t mode = PlannedOp::kNoMode;
    Nanos start = base_.release(what.job, what.activation);
    if (plans_.find(base_, what.job, what.activation, what.op, &planned)) {
      start = planned.start;
      for (uint32_t m = 0; m < source.modes.size(); ++m)
        if (source.modes[m] == planned.mode) mode = m;
    }
    guide.start.push_back(start - made_.origin);
    guide.mode.push_back(mode);
  }
  return guide;
}

const WindowPlan& WindowPlanner::take() {
  if (reuse_) {
    ++reused_;
    put_in_force(*reuse_);
  } else {
    Kept plan = decided_now();
    put_in_force(plan);
    std::erase_if(plan.ops, [this](const auto& op) {   // left over from before
      const Job& job = base_.base.jobs[op.first.job.value()];
      return base_.release(op.first.job, op.first.activation) < from_ % base_.base.horizon &&
             base_.base.tasks[job.task.value()].criticality >= Criticality::kSoft;
    });
    if (keeps_ && done() && options_.kept_plans > 0) {
      kept_.push_front(std::move(plan));
      if (kept_.size() > options_.kept_plans) kept_.pop_back();
    }
  }
  return plans_.window;
}

// What has been found for the present window.
WindowPlanner::Kept WindowPlanner::decided_now() const {
  Kept plan = wanted_;
  if (!replanner_) return plan;          // there was nothing to decide
  const Schedule& schedule = replanner_->schedule();
  const int64_t activation = from_ / base_.base.horizon;
  for (uint32_t i = 0; i < made_.sources.size(); ++i) {
    if (problem_->commitment(i)) continue;
    PlannedOp op{made_.sources[i].what.op, schedule.start[i] + made_.origin - from_,
                 schedule.mode_of(*problem_, i).duration,
                 made_.sources[i].modes[schedule.mode[i]], {}};
    for (const uint32_t lane : schedule.lanes_of(*problem_, i)) op.lanes.add(lane);
    RunOp what = made_.sources[i].what;
    what.activation -= activation;
    plan.ops.emplace_back(what, op);
  }
  plan.hard_misses = replanner_->score()[Level::kHardMisses];
  plan.firm_misses = replanner_->score()[Level::kFirmMisses];
  return plan;
}

// What runs stands as it runs, what else is decided stays as it was planned; the rest is as `plan`
// says.
void WindowPlanner::put_in_force(const Kept& plan) {
  std::vector<std::pair<RunOp, PlannedOp>> ops;
  for (const auto& [what, expected] : decided_) {
    const bool runs = expected.mode == PlannedOp::kNoMode;
    PlannedOp planned = expected;
    if (!runs) plans_.find(base_, what.job, what.activation, what.op, &planned);
    ops.emplace_back(what, planned);
  }
  for (const RunOp& what : left_over_) {
    PlannedOp planned;
    if (reuse_ && plans_.find(base_, what.job, what.activation, what.op, &planned))
      ops.emplace_back(what, planned);
  }
  const int64_t activation = from_ / base_.base.horizon;
  for (auto [what, op] : plan.ops) {
    what.activation += activation;
    op.start += from_;
    ops.emplace_back(what, op);
  }
  std::sort(ops.begin(), ops.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  WindowPlan made;
  made.from = from_;
  made.to = to_;
  made.impossible = impossible_;
  made.hard_misses = plan.hard_misses;
  made.firm_misses = plan.firm_misses;
  for (const auto& [what, op] : ops) {
    if (made.jobs.empty() || made.jobs.back().job != what.job ||
        made.jobs.back().activation != what.activation)
      made.jobs.push_back({what.job, what.activation, uint32_t(made.ops.size()), 0});
    ++made.jobs.back().op_count;
    made.ops.push_back(op);
  }
  plans_.window = std::move(made);
}

}  // namespace takt
