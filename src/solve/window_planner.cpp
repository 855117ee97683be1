#include "solve/window_planner.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <tuple>

#include "base/check.h"

namespace takt {
namespace {

// How often a window is planned that always expects misses. kRest of its kind pass before the
// second time, and twice as many before each further one. The search is that much longer each
// time: planning takes lane time where there is none to spare. With all slices in each of the first
// windows a firm job fell behind and stayed so for the whole of a fault (bench windows, 20 s, 90 %,
// NPU lost: 66 firm misses, 5 without replanning).
constexpr int kTries = 8;

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
  for (uint32_t t = 0; t < base_.base.tasks.size(); ++t) {
    const std::vector<JobId>& jobs = base_.jobs_of[t];
    if (std::none_of(jobs.begin(), jobs.end(), [this](JobId job) {
          return plans_.always.find(job, 0) != nullptr;
        }))
      unplanned_.emplace_back(t);
  }
  if (pieces_ > 1) return;
  Kept whole;
  whole.of.length = base_.base.horizon;
  for (const PlannedJob& job : plans_.always.jobs)
    for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
      const PlannedOp& op = plans_.always.ops[i];
      if (op.mode == PlannedOp::kNoMode) return;
      whole.ops.emplace_back(RunOp{job.job, 0, op.op}, op);
    }
  whole.tries = kTries;
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
  wanted_ = {from_ % base_.base.horizon, to_ - from_, conditions};
  Conditions planned = conditions;
  planned.inactive.clear();
  std::set_union(conditions.inactive.begin(), conditions.inactive.end(), unplanned_.begin(),
                 unplanned_.end(), std::back_inserter(planned.inactive));
  const Forecast forecast(base_, planned, state, from, to, plans_);
  note(forecast);
  keeps_ = is_regular(conditions, state.now);
  known_ = keeps_ ? find_kept() : nullptr;
  slices_left_ = 0;
  if (open_ == 0 || (known_ && !to_be_tried(*known_))) return;
  made_ = window_instance(base_, planned, forecast);
  slices_left_ = 1 + options_.slices;
}

// A window that comes again: it begins at a boundary, and nothing is known to change.
bool WindowPlanner::is_regular(const Conditions& conditions, Nanos now) const {
  return now <= from_ && boundary(window_at(from_)) == from_ && conditions.speed_changes.empty() &&
         conditions.outages.empty();
}

// Counts this window among those that pass before the next time.
bool WindowPlanner::to_be_tried(Kept& plan) {
  return !plan.in_time() && plan.tries < kTries && plan.rest-- <= 0;
}

// What of the present window is decided, and what is not.
void WindowPlanner::note(const Forecast& forecast) {
  decided_.clear();
  left_over_.clear();
  open_ = 0;
  impossible_ = forecast.impossible();
  for (const Forecast::WantedJob& job : forecast.jobs()) {
    const Job& base = base_.base.jobs[job.job.value()];
    for (uint32_t i = 0; i < base.op_count; ++i) {
      const Forecast::Item& item = forecast.items()[job.first_item + i];
      if (item.fate == Forecast::Fate::kDone) continue;
      const OpId op(base.first_op + i);
      const RunOp what{job.job, job.activation, op};
      if (item.fate != Forecast::Fate::kFree) {
        decided_.push_back({what, {op, item.start, item.end - item.start, item.mode, item.lanes}});
        continue;
      }
      ++open_;
      if (forecast.release(job) < from_) left_over_.push_back(what);
    }
  }
}

WindowPlanner::Kept* WindowPlanner::find_kept() {
  const auto kept = std::find_if(kept_.begin(), kept_.end(),
                                 [this](const Kept& each) { return each.of == wanted_; });
  if (kept == kept_.end()) return nullptr;
  kept_.splice(kept_.begin(), kept_, kept);
  return &kept_.front();
}

void WindowPlanner::step() {
  CHECK(slices_left_ > 0);
  --slices_left_;
  if (replanner_) {
    replanner_->improve(Nanos::max(), options_.steps_per_slice);
    return;
  }
  problem_.emplace(made_.instance);
  const int tries = known_ ? known_->tries : 0;
  replanner_.emplace(*problem_, ReplanOptions{.objective = options_.objective,
                                              .seed = options_.seed + uint64_t(tries)});
  const Schedule previous = guide();
  replanner_->first(&previous);
  // A search for what may not be there takes its time from the work that is late already.
  const bool in_time = replanner_->score()[Level::kHardMisses] == 0 &&
                       replanner_->score()[Level::kFirmMisses] == 0;
  if (!in_time && !plans_.always.ops.empty())
    slices_left_ = std::min(slices_left_, (1 << tries) - 1);
}

// As planned when the window was tried last, as in force, or as given.
bool WindowPlanner::look_up(const RunOp& what, PlannedOp* planned) const {
  if (known_) {
    RunOp relative = what;
    relative.activation -= from_ / base_.base.horizon;
    const auto found = std::lower_bound(
        known_->ops.begin(), known_->ops.end(), relative,
        [](const auto& op, const RunOp& wanted) { return op.first < wanted; });
    if (found != known_->ops.end() && found->first == relative) {
      *planned = found->second;
      planned->start += from_;
      return true;
    }
  }
  return plans_.find(base_, what.job, what.activation, what.op, planned);
}

// What neither plan knows goes where it can.
Schedule WindowPlanner::guide() const {
  Schedule guide;
  for (const WindowInstance::Source& source : made_.sources) {
    PlannedOp planned;
    uint32_t mode = PlannedOp::kNoMode;
    Nanos start = base_.release(source.what.job, source.what.activation);
    if (look_up(source.what, &planned)) {
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
  if (!replanner_) {                     // there was nothing to decide, or to search for
    ++reused_;
    put_in_force(known_ && known_->in_time() ? known_ : nullptr);
    return plans_.window;
  }
  Kept plan = found();
  put_in_force(plan.in_time() || plans_.always.ops.empty() ? &plan : nullptr);
  if (keeps_ && done()) keep(std::move(plan));
  return plans_.window;
}

// The plan that the search has for the present window.
WindowPlanner::Kept WindowPlanner::found() const {
  Kept plan{wanted_, {}, replanner_->score()[Level::kHardMisses],
            replanner_->score()[Level::kFirmMisses]};
  const Schedule& schedule = replanner_->schedule();
  for (uint32_t i = 0; i < made_.sources.size(); ++i) {
    if (problem_->commitment(i)) continue;
    RunOp what = made_.sources[i].what;
    PlannedOp op{what.op, schedule.start[i] + made_.origin - from_,
                 schedule.mode_of(*problem_, i).duration,
                 made_.sources[i].modes[schedule.mode[i]], {}};
    for (const uint32_t lane : schedule.lanes_of(*problem_, i)) op.lanes.add(lane);
    what.activation -= from_ / base_.base.horizon;
    plan.ops.emplace_back(what, op);
  }
  std::sort(plan.ops.begin(), plan.ops.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return plan;
}

// Without what is left over from before; the best of all tries.
void WindowPlanner::keep(Kept plan) {
  std::erase_if(plan.ops, [this](const auto& op) {
    return base_.release(op.first.job, op.first.activation) < wanted_.phase;
  });
  if (known_) {
    plan.tries = known_->tries + 1;
    const bool better = std::pair(plan.hard_misses, plan.firm_misses) <=
                        std::pair(known_->hard_misses, known_->firm_misses);
    if (better) *known_ = std::move(plan);
    else known_->tries = plan.tries;
    known_->rest = kRest << (known_->tries - 1);
    return;
  }
  kept_.push_front(std::move(plan));
  if (kept_.size() > std::max<size_t>(options_.kept_plans, 1)) kept_.pop_back();
}

// What runs stands as it runs; what else is decided, and what `plan` does not know, stays as it
// was planned. null: all of it.
void WindowPlanner::put_in_force(const Kept* plan) {
  std::map<RunOp, PlannedOp> ops;
  for (const auto& [what, expected] : decided_) {
    PlannedOp planned = expected;
    if (expected.mode != PlannedOp::kNoMode)
      plans_.find(base_, what.job, what.activation, what.op, &planned);
    ops.emplace(what, planned);
  }
  if (plan)
    for (auto [what, op] : plan->ops) {
      what.activation += from_ / base_.base.horizon;
      op.start += from_;
      ops.emplace(what, op);
    }
  for (const RunOp& what : left_over_) {
    PlannedOp planned;
    if (plans_.find(base_, what.job, what.activation, what.op, &planned))
      ops.emplace(what, planned);
  }
  WindowPlan made;
  made.from = from_;
  made.to = to_;
  made.impossible = impossible_;
  if (plan) made.hard_misses = plan->hard_misses;
  if (plan) made.firm_misses = plan->firm_misses;
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
