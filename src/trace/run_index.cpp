#include "trace/run_index.h"

#include <algorithm>
#include <tuple>

#include "base/quantile.h"

namespace takt {
namespace {

using Kind = TraceEvent::Kind;

bool is_run(const TraceEvent& e) { return e.kind == Kind::kOp || e.kind == Kind::kSubmit; }

}  // namespace

RunIndex::RunIndex(const Trace& trace, const Plan* plan)
    : plan_(plan), origin_(trace.origin), lanes_(trace.lanes.size()),
      lane_plans_(trace.lanes.size()), outages_(trace.lanes.size()) {
  map_tasks(trace);
  read_jobs(trace);
  read_runs(trace);
  attach_plan();
  sort_runs();
  find_medians();
  fill_lanes();
  read_outages(trace);
}

void RunIndex::map_tasks(const Trace& trace) {
  plan_task_.assign(trace.tasks.size(), kNone);
  if (!plan_) return;
  for (uint32_t t = 0; t < trace.tasks.size(); ++t)
    for (uint32_t p = 0; p < plan_->tasks.size(); ++p)
      if (plan_->tasks[p].name == trace.tasks[t] && plan_->tasks[p].jobs > 0) plan_task_[t] = p;
  for (uint32_t i = 0; i < plan_->operations.size(); ++i) {
    const PlanOp& op = plan_->operations[i];
    if (op.kind == Operation::Kind::kGraphOp)
      plan_jobs_[{op.task.value(), op.job}].push_back(i);
  }
  for (auto& [key, ops] : plan_jobs_)
    std::sort(ops.begin(), ops.end(), [&](uint32_t a, uint32_t b) {
      return plan_->operations[a].start < plan_->operations[b].start;
    });
}

void RunIndex::read_jobs(const Trace& trace) {
  for (const TraceEvent& e : trace.events)
    if (e.kind == Kind::kRelease && e.task < trace.tasks.size())
      jobs_.push_back({.task = e.task, .number = e.job, .release = e.begin});
  std::sort(jobs_.begin(), jobs_.end(), [](const JobRun& a, const JobRun& b) {
    return std::tie(a.task, a.number) < std::tie(b.task, b.number);
  });
  for (const TraceEvent& e : trace.events) {
    if (e.kind != Kind::kJobEnd && e.kind != Kind::kInputs) continue;
    const uint32_t at = find_job(e.task, e.job);
    if (at == kNone) continue;
    if (e.kind == Kind::kInputs) {
      jobs_[at].inputs = e.end;
    } else {
      jobs_[at].end = e.end;
      jobs_[at].outcome = static_cast<JobOutcome>(e.value);
    }
  }
}

uint32_t RunIndex::find_job(uint32_t task, uint64_t number) const {
  const auto at = std::lower_bound(jobs_.begin(), jobs_.end(), std::pair(task, number),
                                   [](const JobRun& job, const auto& key) {
                                     return std::pair(job.task, job.number) < key;
                                   });
  if (at == jobs_.end() || at->task != task || at->number != number) return kNone;
  return static_cast<uint32_t>(at - jobs_.begin());
}

void RunIndex::read_runs(const Trace& trace) {
  struct Found {
    uint32_t job, op;
    bool submit;
    Share share;
    auto key() const { return std::tuple(job, submit, op); }
  };
  std::vector<Found> found;
  for (const TraceEvent& e : trace.events) {
    if (!is_run(e)) continue;
    const uint32_t job = find_job(e.task, e.job);
    if (job == kNone) continue;
    const bool submit = e.kind == Kind::kSubmit;
    found.push_back({job, submit ? 0 : e.op, submit, {e.lane, 0, e.begin, e.end}});
  }
  std::stable_sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return std::tuple(a.key(), a.share.begin) < std::tuple(b.key(), b.share.begin);
  });
  for (size_t i = 0; i < found.size(); ++i) {
    const Found& f = found[i];
    if (i == 0 || found[i - 1].key() != f.key())
      runs_.push_back({.job = f.job, .op = f.op, .submit = f.submit, .begin = f.share.begin,
                       .end = f.share.end, .first_share = uint32_t(i)});
    runs_.back().end = std::max(runs_.back().end, f.share.end);
    ++runs_.back().shares;
    shares_.push_back(f.share);
  }
}

// As conformance.h has it.
Nanos RunIndex::plan_base(const JobRun& job) const {
  const PlanTask& task = plan_->tasks[plan_task_[job.task]];
  const auto window = static_cast<int64_t>(job.number / task.jobs);
  if (plan_->window != Nanos::max()) return origin_ + plan_->window * window;
  return job.release - task.phase - task.period.release(int64_t(job.number % task.jobs));
}

void RunIndex::attach_plan() {
  for (OpRun& run : runs_) {
    const JobRun& job = jobs_[run.job];
    const uint32_t task = plan_task_[job.task];
    if (task == kNone || run.submit) continue;
    const auto index = uint32_t(job.number % plan_->tasks[task].jobs);
    const auto found = plan_jobs_.find({task, index});
    if (found == plan_jobs_.end()) continue;
    for (const uint32_t i : found->second) {
      const PlanOp& op = plan_->operations[i];
      if (op.graph_op != run.op) continue;
      const Nanos base = plan_base(job);
      run.planned = PlannedTimes{base + op.start, base + op.end(), op.lanes};
      run.expected = op.duration;
    }
  }
}

void RunIndex::sort_runs() {
  std::sort(runs_.begin(), runs_.end(), [](const OpRun& a, const OpRun& b) {
    return std::tie(a.job, a.submit, a.end, a.begin, a.op) <
           std::tie(b.job, b.submit, b.end, b.begin, b.op);
  });
  std::vector<Share> ordered;
  ordered.reserve(shares_.size());
  for (uint32_t r = 0; r < runs_.size(); ++r) {
    OpRun& run = runs_[r];
    JobRun& job = jobs_[run.job];
    if (run.submit) {
      job.submit = r;
    } else {
      if (job.runs++ == 0) job.first_run = r;
    }
    const uint32_t first = uint32_t(ordered.size());
    for (uint32_t s = run.first_share; s < run.first_share + run.shares; ++s) {
      ordered.push_back(shares_[s]);
      ordered.back().run = r;
    }
    run.first_share = first;
  }
  shares_ = std::move(ordered);
}

void RunIndex::find_medians() {
  std::map<std::tuple<uint32_t, bool, uint32_t>, std::vector<Nanos>> durations;
  for (const OpRun& run : runs_)
    if (!run.planned)
      durations[{jobs_[run.job].task, run.submit, run.op}].push_back(run.end - run.begin);
  for (auto& [key, all] : durations) std::sort(all.begin(), all.end());
  for (OpRun& run : runs_)
    if (!run.planned)
      run.expected = quantile(
          std::span<const Nanos>(durations[{jobs_[run.job].task, run.submit, run.op}]), 500);
}

void RunIndex::fill_lanes() {
  for (const Share& share : shares_)
    if (share.lane < lanes_.size()) lanes_[share.lane].push_back(share);
  for (std::vector<Share>& lane : lanes_)
    std::sort(lane.begin(), lane.end(),
              [](const Share& a, const Share& b) { return a.begin < b.begin; });
  for (uint32_t r = 0; r < runs_.size(); ++r)
    if (runs_[r].planned)
      for (const LaneId lane : runs_[r].planned->lanes)
        if (lane.value() < lane_plans_.size()) lane_plans_[lane.value()].push_back(r);
  for (std::vector<uint32_t>& lane : lane_plans_)
    std::sort(lane.begin(), lane.end(), [this](uint32_t a, uint32_t b) {
      return runs_[a].planned->start < runs_[b].planned->start;
    });
}

void RunIndex::read_outages(const Trace& trace) {
  for (const TraceEvent& e : trace.events) {
    if (e.kind != Kind::kDecision || e.lane >= outages_.size()) continue;
    std::vector<Outage>& lane = outages_[e.lane];
    switch (static_cast<TraceDecision>(e.value)) {
      case TraceDecision::kLaneLost:
      case TraceDecision::kLaneSilent:
      case TraceDecision::kAcceleratorTimedOut:
      case TraceDecision::kAcceleratorFailed: lane.push_back({e.begin, Nanos::max()}); break;
      case TraceDecision::kLaneBack:
      case TraceDecision::kAcceleratorBack:
        if (!lane.empty() && lane.back().end == Nanos::max()) lane.back().end = e.begin;
        break;
      default: break;
    }
  }
}

std::optional<RunIndex::PlannedJob> RunIndex::planned_job(uint32_t job) const {
  const JobRun& run = jobs_[job];
  const uint32_t task = plan_task_[run.task];
  if (task == kNone) return std::nullopt;
  const auto found = plan_jobs_.find({task, uint32_t(run.number % plan_->tasks[task].jobs)});
  if (found == plan_jobs_.end()) return std::nullopt;
  PlannedJob planned{Nanos::max(), Nanos::min(), uint32_t(found->second.size())};
  const Nanos base = plan_base(run);
  for (const uint32_t i : found->second) {
    planned.start = std::min(planned.start, base + plan_->operations[i].start);
    planned.end = std::max(planned.end, base + plan_->operations[i].end());
  }
  return planned;
}

std::span<const LaneId> RunIndex::lanes_of_first_unrun(uint32_t index) const {
  const JobRun& job = jobs_[index];
  const uint32_t task = plan_task_[job.task];
  if (task == kNone) return {};
  const auto found = plan_jobs_.find({task, uint32_t(job.number % plan_->tasks[task].jobs)});
  if (found == plan_jobs_.end()) return {};
  for (const uint32_t i : found->second) {
    const PlanOp& op = plan_->operations[i];
    const auto runs = std::span(runs_).subspan(job.first_run, job.runs);
    const bool ran = std::any_of(runs.begin(), runs.end(),
                                 [&](const OpRun& run) { return run.op == op.graph_op; });
    if (!ran) return op.lanes;
  }
  return {};
}

uint32_t RunIndex::jobs_per_window(uint32_t task) const {
  return plan_task_[task] == kNone ? 0 : plan_->tasks[plan_task_[task]].jobs;
}

}  // namespace takt
