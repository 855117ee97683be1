#include "trace/holds.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace takt {
namespace {

using OpRun = RunIndex::OpRun;
using JobRun = RunIndex::JobRun;
using Share = RunIndex::Share;

constexpr uint32_t kNone = CausePart::kNone;

}  // namespace

Holds::Holds(const Trace& trace, const MissionFacts& facts, const RunIndex& index)
    : facts_(facts), index_(index), accelerators_(trace.lanes.size()) {
  for (const std::string& name : trace.tasks) {
    const auto same = [&](const MissionFacts::TaskFacts& task) { return task.name == name; };
    const auto at = std::find_if(facts.tasks.begin(), facts.tasks.end(), same);
    facts_task_.push_back(at == facts.tasks.end() ? kNone : uint32_t(at - facts.tasks.begin()));
  }
  for (const uint32_t task : facts_task_) {
    const std::string on = task == kNone ? "" : facts.tasks[task].on;
    const auto at = std::find(trace.tasks.begin(), trace.tasks.end(), on);
    on_.push_back(at == trace.tasks.end() ? kNone : uint32_t(at - trace.tasks.begin()));
  }
  for (size_t lane = 0; lane < trace.lanes.size(); ++lane)
    accelerators_[lane] = std::find(facts.accelerators.begin(), facts.accelerators.end(),
                                    trace.lanes[lane]) != facts.accelerators.end();
}

Nanos Holds::deadline_of(const JobRun& job) const {
  const uint32_t task = facts_task_[job.task];
  if (task == kNone || facts_.tasks[task].deadlines.empty()) return Nanos::max();
  const std::vector<Nanos>& all = facts_.tasks[task].deadlines;
  const Nanos relative = all[job.number % all.size()];
  return relative == Nanos::max() ? relative : job.release + relative;
}

Hold Holds::at(const Waiter& waiter, Nanos at) const {
  Hold hold;
  if (lost(waiter, at, &hold) || input_missing(waiter, at, &hold) ||
      job_before(waiter, at, &hold) || lanes_held(waiter, at, &hold) ||
      plan_before(waiter, at, &hold))
    return hold;
  hold.part = {Cause::kLateStart, kNone, kNone, waiter.lanes.empty() ? kNone : waiter.lanes[0], {}};
  hold.until = next_share(waiter, at);
  return hold;
}

bool Holds::lost(const Waiter& waiter, Nanos at, Hold* hold) const {
  for (const uint32_t lane : waiter.lanes)
    for (const RunIndex::Outage& outage : index_.outages(lane))
      if (outage.begin <= at && at < outage.end) {
        *hold = {{Cause::kResource, kNone, kNone, lane, {}}, outage.end};
        return true;
      }
  return false;
}

bool Holds::input_missing(const Waiter& waiter, Nanos at, Hold* hold) const {
  const JobRun& job = index_.jobs()[waiter.job];
  if (at < job.inputs) {
    *hold = {{Cause::kLateInput, job.task, kNone, kNone, {}}, job.inputs};
    return true;
  }
  const uint32_t task = facts_task_[job.task];
  if (task == kNone) return false;
  if (const uint32_t event = on_[job.task]; event != kNone) {
    const uint32_t maker = index_.find_job(event, job.number);
    const Nanos end = maker == RunIndex::kNone ? at : index_.jobs()[maker].end;
    if (end > at) {
      *hold = {{Cause::kLateInput, event, kNone, kNone, {}}, end};
      return true;
    }
  }
  if (facts_.inputs.empty()) return false;
  const size_t per_window = facts_.tasks[task].deadlines.size();
  const uint64_t window = job.number / per_window;
  const auto key = std::tuple(task, uint32_t(job.number % per_window));
  const auto less = [](const MissionFacts::Input& input, const auto& wanted) {
    return std::tuple(input.to_task, input.to_job) < wanted;
  };
  for (auto in = std::lower_bound(facts_.inputs.begin(), facts_.inputs.end(), key, less);
       in != facts_.inputs.end() && std::tuple(in->to_task, in->to_job) == key; ++in) {
    if (waiter.run != kNone && index_.runs()[waiter.run].op != in->to_op) continue;
    const auto from = std::find(facts_task_.begin(), facts_task_.end(), in->from_task);
    const uint64_t number = window * facts_.tasks[in->from_task].deadlines.size() + in->from_job;
    const uint32_t maker = index_.find_job(uint32_t(from - facts_task_.begin()), number);
    if (maker == kNone) continue;
    const JobRun& made = index_.jobs()[maker];
    Nanos until = made.end;
    for (uint32_t r = made.first_run; r < made.first_run + made.runs; ++r)
      if (index_.runs()[r].op == in->from_op) until = index_.runs()[r].end;
    until = std::min(until, deadline_of(made));   // it is not waited for any longer
    if (until <= at) continue;
    *hold = {{Cause::kLateInput, made.task, kNone, kNone, {}}, until};
    return true;
  }
  return false;
}

// Jobs of a task run one after another, the host work that submits the next included.
bool Holds::job_before(const Waiter& waiter, Nanos at, Hold* hold) const {
  const JobRun& job = index_.jobs()[waiter.job];
  const uint32_t before =
      job.number == 0 ? RunIndex::kNone : index_.find_job(job.task, job.number - 1);
  if (before == RunIndex::kNone) return false;
  const Nanos end = index_.jobs()[before].end;
  if (end == Nanos::max() || end <= at) return false;
  *hold = {{Cause::kQueueing, job.task, kNone, kNone, {}}, end, kNone, kNone, before};
  return true;
}

// All cores that it wants are at work; the first to be free counts. Or its accelerator is.
bool Holds::lanes_held(const Waiter& waiter, Nanos at, Hold* hold) const {
  const Share* first_free = nullptr;
  bool idle = false;
  for (const uint32_t lane : waiter.lanes) {
    const Share* share = share_at(lane, at, waiter.run);
    if (is_accelerator(lane)) {
      if (!share) continue;
      *hold = {{Cause::kResource, task_of(share->run), kNone, lane, {}}, share->end};
      return true;
    }
    idle = idle || !share;
    if (share && (!first_free || share->end < first_free->end)) first_free = share;
  }
  if (idle || !first_free) return false;
  *hold = {{Cause::kQueueing, task_of(first_free->run), kNone, kNone, {}}, first_free->end,
           first_free->run};
  return true;
}

// A lane that keeps to the plan's order stands still for the operation before.
bool Holds::plan_before(const Waiter& waiter, Nanos at, Hold* hold) const {
  if (waiter.planned == Nanos::max()) return false;
  constexpr int kLookBack = 64;
  for (const uint32_t lane : waiter.lanes) {
    const auto order = index_.plan_of(lane);
    auto run = std::lower_bound(order.begin(), order.end(), waiter.planned,
                                [this](uint32_t r, Nanos start) {
                                  return index_.runs()[r].planned->start < start;
                                });
    for (int n = 0; n < kLookBack && run != order.begin(); ++n) {
      const OpRun& before = index_.runs()[*--run];
      if (before.begin <= at || before.job == waiter.job) continue;
      *hold = {{Cause::kQueueing, index_.jobs()[before.job].task, kNone, kNone, {}},
               before.begin, kNone, *run};
      return true;
    }
  }
  return false;
}

const Share* Holds::share_at(uint32_t lane, Nanos at, uint32_t but_run) const {
  const auto all = index_.lane(lane);
  auto after = std::upper_bound(all.begin(), all.end(), at,
                                [](Nanos time, const Share& share) { return time < share.begin; });
  if (after == all.begin()) return nullptr;
  const Share& share = *(after - 1);
  return share.end > at && share.run != but_run ? &share : nullptr;
}

Nanos Holds::next_share(const Waiter& waiter, Nanos at) const {
  Nanos next = Nanos::max();
  for (const uint32_t lane : waiter.lanes) {
    const auto all = index_.lane(lane);
    const auto after = std::upper_bound(
        all.begin(), all.end(), at,
        [](Nanos time, const Share& share) { return time < share.begin; });
    if (after != all.end()) next = std::min(next, after->begin);
    for (const RunIndex::Outage& outage : index_.outages(lane))
      if (outage.begin > at) next = std::min(next, outage.begin);
  }
  return next;
}

Waiter Holds::waiter_of(uint32_t index) const {
  const OpRun& run = index_.runs()[index];
  Waiter waiter{run.job, index, {}, Nanos::max()};
  if (run.planned) {
    waiter.planned = run.planned->start;
    for (const LaneId lane : run.planned->lanes) waiter.lanes.push_back(lane.value());
  } else {
    waiter.lanes.push_back(index_.shares()[run.first_share].lane);
  }
  std::erase_if(waiter.lanes, [&](uint32_t lane) { return lane >= index_.lanes(); });
  return waiter;
}

Waiter Holds::rest_of(uint32_t index) const {
  const JobRun& job = index_.jobs()[index];
  Waiter waiter{index, kNone, {}, Nanos::max()};
  for (const LaneId lane : index_.lanes_of_first_unrun(index))
    waiter.lanes.push_back(lane.value());
  if (waiter.lanes.empty() && job.runs > 0)
    waiter.lanes = waiter_of(job.first_run + job.runs - 1).lanes;
  // Whatever would be free: its lanes are not known.
  if (waiter.lanes.empty()) {
    waiter.lanes.resize(index_.lanes());
    std::iota(waiter.lanes.begin(), waiter.lanes.end(), 0);
    std::erase_if(waiter.lanes, [&](uint32_t lane) { return is_accelerator(lane); });
  }
  std::erase_if(waiter.lanes, [&](uint32_t lane) { return lane >= index_.lanes(); });
  return waiter;
}

}  // namespace takt
