#include "solve/window_forecast.h"

#include <algorithm>
#include <tuple>

#include "base/check.h"

namespace takt {
namespace {

Nanos scaled_up(Nanos duration, uint32_t by_pct, uint32_t speed_pct) {
  const int64_t per = int64_t{100} * speed_pct, factor = int64_t{100} * by_pct;
  return Nanos(duration.ns / per * factor + (duration.ns % per * factor + per - 1) / per);
}

}  // namespace

WindowBase::WindowBase(const Instance& instance)
    : base(instance), jobs_of(instance.tasks.size()),
      pred_begin(instance.operations.size() + 1, 0), preds(instance.precedences.size()),
      follows(instance.jobs.size(), false), pool_of(instance.lane_names.size(), UINT32_MAX) {
  CHECK(base.horizon != Nanos::max() && base.commitments.empty() && base.outages.empty());
  for (size_t j = 0; j < base.jobs.size(); ++j) jobs_of[base.jobs[j].task.value()].emplace_back(j);
  for (uint32_t p = 0; p < base.pools.size(); ++p)
    for (const LaneId lane : base.pools[p].lanes) pool_of[lane.value()] = p;
  for (const Precedence& edge : base.precedences) ++pred_begin[edge.after.value() + 1];
  for (size_t i = 1; i < pred_begin.size(); ++i) pred_begin[i] += pred_begin[i - 1];
  std::vector<uint32_t> next(pred_begin.begin(), pred_begin.end() - 1);
  for (uint32_t e = 0; e < base.precedences.size(); ++e) {
    const Precedence& edge = base.precedences[e];
    preds[next[edge.after.value()]++] = e;
    const JobId to = base.operations[edge.after.value()].job;
    const Job& a = base.jobs[base.operations[edge.before.value()].job.value()];
    const Job& b = base.jobs[to.value()];
    if (a.task == b.task && a.index + 1 == b.index) follows[to.value()] = true;
  }
}

bool PlansInForce::find(const WindowBase& base, JobId job, int64_t activation, OpId op,
                        PlannedOp* out) const {
  const PlannedOp* found = window.find(job, activation, op);
  if (found) {
    *out = *found;
    return true;
  }
  found = always.find(job, 0, op);
  if (!found) return false;
  *out = *found;
  out->start += base.base.horizon * activation;
  return true;
}

Forecast::Forecast(const WindowBase& base, const Conditions& conditions, const WindowState& state,
                   Nanos from, Nanos to, const PlansInForce& in_force)
    : base_(base), conditions_(conditions), state_(state),
      not_before_(std::max(from, state.now)), to_(to), in_force_(in_force),
      lane_free_(base.base.lane_names.size(), Nanos::min()) {
  collect();
  predict();
}

uint32_t Forecast::find(OpId op, int64_t activation) const {
  const JobId job = base_.base.operations[op.value()].job;
  const auto found = place_.find({job, activation});
  if (found == place_.end()) return kNone;
  return jobs_[found->second].first_item + op.value() - base_.base.jobs[job.value()].first_op;
}

Nanos Forecast::deadline(const WantedJob& job) const {
  const Nanos offset = base_job(job).deadline;
  return offset == Nanos::max() ? offset : base_.base.horizon * job.activation + offset;
}

Nanos Forecast::duration(const WantedJob& job, OpId op, uint32_t mode) const {
  const Operation& what = base_.base.operations[op.value()];
  const Nanos begin = std::max(release(job), not_before_);
  const Nanos end = std::max(deadline(job) == Nanos::max() ? to_ : deadline(job), begin);
  // With an accelerator the core only drives it.
  const PoolId pool = what.modes[mode].demands.back().pool;
  const auto found = conditions_.kernel_pct.find(what.kernel_hash);
  const uint32_t by = found == conditions_.kernel_pct.end() ? 100 : found->second;
  const uint32_t speed = lowest_speed(pool, begin, end);
  if (by == 100 && speed == 100) return what.modes[mode].duration;
  return std::max(scaled_up(what.modes[mode].duration, by, speed), Nanos(1));
}

uint32_t Forecast::lowest_speed(PoolId pool, Nanos begin, Nanos end) const {
  uint32_t least = conditions_.speed_of(pool);
  for (const SpeedChange& change : conditions_.speed_changes) {
    if (change.pool != pool || change.at >= end) continue;
    least = change.at <= begin ? change.speed_pct : std::min(least, change.speed_pct);
  }
  return least;
}

void Forecast::collect() {
  std::vector<const JobState*> begun;
  for (const JobState& job : state_.jobs) begun.push_back(&job);
  const auto key = [this](const JobState* job) {
    return std::tuple(base_.base.jobs[job->job.value()].task, job->activation, job->job);
  };
  std::sort(begun.begin(), begun.end(),
            [&](const JobState* a, const JobState* b) { return key(a) < key(b); });
  size_t next = 0;
  for (uint32_t t = 0; t < base_.base.tasks.size(); ++t) {
    last_ = kNone;
    inactive_ = std::binary_search(conditions_.inactive.begin(), conditions_.inactive.end(),
                                   TaskId(t));
    for (; next < begun.size() && std::get<0>(key(begun[next])) == TaskId(t); ++next)
      want(begun[next]->job, begun[next]->activation, begun[next]);
    if (!inactive_) want_new(TaskId(t));
  }
}

void Forecast::want_new(TaskId task) {
  const std::vector<JobId>& jobs = base_.jobs_of[task.value()];
  if (jobs.empty()) return;
  const auto per_window = int64_t(jobs.size());
  int64_t late = 0;
  for (int64_t n = state_.next[task.value()];; ++n) {
    const WantedJob next{jobs[size_t(n % per_window)], n / per_window};
    if (release(next) >= to_) return;
    // What may be shed and is too late before it begins will be.
    if (base_.base.tasks[task.value()].criticality >= Criticality::kSoft &&
        deadline(next) <= not_before_)
      continue;
    // Nor does what no plan knows wait for this one.
    if (deadline(next) <= not_before_ && !may_wait(next)) continue;
    // Of a task that is far behind no more than a hyperperiod's jobs: the rest comes later.
    if (release(next) < not_before_ && ++late > per_window) return;
    want(next.job, next.activation, nullptr);
  }
}

bool Forecast::may_wait(const WantedJob& job) const {
  PlannedOp planned;
  return in_force_.find(base_, job.job, job.activation, OpId(base_job(job).first_op), &planned);
}

void Forecast::want(JobId id, int64_t activation, const JobState* state) {
  const Job& job = base_.base.jobs[id.value()];
  const WantedJob made{id, activation, uint32_t(items_.size()), last_};
  for (uint32_t i = 0; i < job.op_count; ++i) {
    Item& item = items_.emplace_back();
    if (state && state->ops[i].status == OpState::Status::kDone) {
      item.fate = Fate::kDone;
    } else if (state && state->ops[i].status == OpState::Status::kRunning) {
      set_running(state->ops[i], item);
    } else if (inactive_) {
      item.fate = Fate::kDone;           // as far as this plan goes
    } else {
      item.modes = possible_modes(base_.base.operations[job.first_op + i]);
      if (!item.modes.empty()) continue;
      items_.resize(made.first_item);
      impossible_.push_back(id);
      return;
    }
  }
  last_ = place_[{id, activation}] = uint32_t(jobs_.size());
  jobs_.push_back(made);
}

void Forecast::set_running(const OpState& op, Item& item) {
  item.fate = Fate::kRuns;
  item.start = op.start;
  item.end = std::max(op.expected_end, std::max(state_.now, op.start) + Nanos(1));
  item.lanes = op.lanes;
  item.site = base_.base.pools[base_.pool_of[op.lanes.least()]].site;
  const bool block = is_block(op.lanes);
  if (!block) item.fate = Fate::kOver;
  op.lanes.for_each([&](uint32_t lane) {
    lane_free_[lane] = item.end;
    if (!block) taken_.push_back({LaneId(lane), item.start, item.end});
  });
}

bool Forecast::is_block(const LaneMask& lanes) const {
  return std::all_of(base_.base.pools.begin(), base_.base.pools.end(), [&](const Pool& pool) {
    std::vector<size_t> places;
    for (size_t i = 0; i < pool.lanes.size(); ++i)
      if (lanes.has(pool.lanes[i].value())) places.push_back(i);
    return !pool.aligned || places.empty() ||
           (places.front() % places.size() == 0 &&
            places.back() == places.front() + places.size() - 1);
  });
}

std::vector<uint32_t> Forecast::possible_modes(const Operation& op) const {
  std::vector<uint32_t> modes;
  for (uint32_t m = 0; m < op.modes.size(); ++m) {
    const std::vector<Demand>& demands = op.modes[m].demands;
    if (std::all_of(demands.begin(), demands.end(),
                    [this](const Demand& demand) { return has_room(demand); }))
      modes.push_back(m);
  }
  return modes;
}

bool Forecast::has_room(const Demand& demand) const {
  const Pool& pool = base_.base.pools[demand.pool.value()];
  const auto count = size_t(demand.count);
  size_t together = 0;
  for (size_t i = 0; i < pool.lanes.size(); ++i) {
    if (pool.aligned && i % count == 0) together = 0;
    if (!conditions_.lost.has(pool.lanes[i].value()) && ++together == count) return true;
  }
  return false;
}

// What the plan in force starts before the window, in its order, as late as it has become.
void Forecast::predict() {
  if (not_before_ <= state_.now) return;
  struct Planned {
    PlannedOp op;
    const WantedJob* job;
  };
  std::vector<Planned> prefix;
  for (const WantedJob& wanted : jobs_) {
    if (release(wanted) >= not_before_) continue;
    const Job& base = base_job(wanted);
    for (uint32_t i = 0; i < base.op_count; ++i) {
      Planned each{{}, &wanted};
      if (items_[wanted.first_item + i].fate == Fate::kFree &&
          in_force_.find(base_, wanted.job, wanted.activation, OpId(base.first_op + i),
                         &each.op) &&
          each.op.start < not_before_)
        prefix.push_back(each);
    }
  }
  std::sort(prefix.begin(), prefix.end(), [](const Planned& a, const Planned& b) {
    return std::tuple(a.op.start, a.op.op, a.job->activation) <
           std::tuple(b.op.start, b.op.op, b.job->activation);
  });
  for (const Planned& each : prefix) keep(each.op, *each.job);
  for (Item& item : items_)
    if ((item.fate == Fate::kPrefix || item.fate == Fate::kRuns) && item.end <= not_before_)
      item.fate = Fate::kOver;
}

void Forecast::keep(const PlannedOp& planned, const WantedJob& job) {
  Item& item = items_[find(planned.op, job.activation)];
  if (item.fate != Fate::kFree ||
      std::find(item.modes.begin(), item.modes.end(), planned.mode) == item.modes.end())
    return;
  const Mode& mode = base_.base.operations[planned.op.value()].modes[planned.mode];
  const uint32_t site = base_.base.pools[mode.demands.front().pool.value()].site;
  const Nanos length = duration(job, planned.op, planned.mode);
  Nanos start = std::max({planned.start, state_.now, release(job)});
  if (!inputs_decided(planned.op, job, site, &start)) return;
  planned.lanes.for_each([&](uint32_t lane) { start = std::max(start, lane_free_[lane]); });
  const bool lost = !(planned.lanes & conditions_.lost).empty();
  if (lost || start >= not_before_ || lent(planned.lanes, start, start + length)) return;
  item.fate = Fate::kPrefix;
  item.start = start;
  item.end = start + length;
  item.mode = planned.mode;
  item.lanes = planned.lanes;
  item.site = site;
  planned.lanes.for_each([&](uint32_t lane) { lane_free_[lane] = item.end; });
}

// False: something before it is not decided. Else `start` is not before its inputs are there.
bool Forecast::inputs_decided(OpId op, const WantedJob& job, uint32_t site, Nanos* start) const {
  for (uint32_t e = base_.pred_begin[op.value()]; e < base_.pred_begin[op.value() + 1]; ++e) {
    const Precedence& edge = base_.base.precedences[base_.preds[e]];
    const uint32_t found = find(edge.before, job.activation);
    if (found == kNone || items_[found].fate == Fate::kDone) continue;
    const Item& before = items_[found];
    if (before.fate == Fate::kFree) return false;
    *start = std::max(*start, before.end + edge.delay +
                                  transfer_time(base_.base, before.site, site, edge.bytes));
  }
  if (job.before == kNone) return true;
  const WantedJob& other = jobs_[job.before];
  for (uint32_t i = 0; i < base_job(other).op_count; ++i) {
    const Item& before = items_[other.first_item + i];
    if (before.fate == Fate::kFree) return false;
    if (before.fate != Fate::kDone) *start = std::max(*start, before.end);
  }
  return true;
}

bool Forecast::lent(const LaneMask& lanes, Nanos start, Nanos end) const {
  return std::any_of(conditions_.outages.begin(), conditions_.outages.end(),
                     [&](const Outage& outage) {
                       return lanes.has(outage.lane.value()) && outage.start < end &&
                              start < outage.end;
                     });
}

}  // namespace takt
