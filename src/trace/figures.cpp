#include "trace/figures.h"

#include <algorithm>
#include <utility>

#include "base/quantile.h"

namespace takt {
namespace {

using Kind = TraceEvent::Kind;
using Interval = std::pair<Nanos, Nanos>;

struct TaskJobs {
  std::vector<uint64_t> released;
  std::vector<uint64_t> ended;
  std::vector<Nanos> responses;
};

// Elements of sorted `a` that are not matched one to one by an element of sorted `b`.
int64_t surplus(const std::vector<uint64_t>& a, const std::vector<uint64_t>& b) {
  std::vector<uint64_t> rest;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(rest));
  return static_cast<int64_t>(rest.size());
}

void note_end(const TraceEvent& event, TaskFigures& figures, TaskJobs& jobs) {
  jobs.ended.push_back(event.job);
  const auto outcome = static_cast<JobOutcome>(event.value);
  if (outcome == JobOutcome::kShed) {
    ++figures.shed;
    return;
  }
  ++(outcome == JobOutcome::kDone ? figures.done : figures.missed);
  jobs.responses.push_back(event.end - event.begin);
}

// Length of the union of the intervals.
Nanos covered(std::vector<Interval> intervals) {
  std::sort(intervals.begin(), intervals.end());
  Nanos sum;
  Nanos reached = Nanos::min();
  for (const auto& [begin, end] : intervals) {
    const Nanos from = std::max(begin, reached);
    if (end <= from) continue;
    sum += end - from;
    reached = end;
  }
  return sum;
}

}  // namespace

std::vector<TaskFigures> task_figures(const Trace& trace) {
  std::vector<TaskFigures> tasks(trace.tasks.size());
  std::vector<TaskJobs> jobs(trace.tasks.size());
  for (const TraceEvent& event : trace.events) {
    if (event.task >= tasks.size()) continue;
    if (event.kind == Kind::kRelease) jobs[event.task].released.push_back(event.job);
    if (event.kind == Kind::kJobEnd) note_end(event, tasks[event.task], jobs[event.task]);
  }
  for (size_t i = 0; i < tasks.size(); ++i) {
    auto& [released, ended, responses] = jobs[i];
    std::sort(released.begin(), released.end());
    std::sort(ended.begin(), ended.end());
    std::sort(responses.begin(), responses.end());
    tasks[i].name = trace.tasks[i];
    tasks[i].jobs = static_cast<int64_t>(released.size());
    tasks[i].lost = surplus(released, ended);
    tasks[i].stray = surplus(ended, released);
    if (responses.empty()) continue;
    const std::span<const Nanos> sorted(responses);
    tasks[i].response_p50 = quantile(sorted, 500);
    tasks[i].response_p95 = quantile(sorted, 950);
    tasks[i].response_p99 = quantile(sorted, 990);
    tasks[i].response_max = sorted.back();
  }
  return tasks;
}

Status check_jobs(std::span<const TaskFigures> tasks, uint64_t dropped) {
  std::string wrong;
  for (const TaskFigures& task : tasks) {
    if (task.lost == 0 && task.stray == 0) continue;
    wrong += (wrong.empty() ? "" : "; ") + task.name + ": " + std::to_string(task.jobs) +
             " jobs released, " + std::to_string(task.done) + " done + " +
             std::to_string(task.missed) + " missed + " + std::to_string(task.shed) + " shed, " +
             std::to_string(task.lost) + " never ended, " + std::to_string(task.stray) +
             " ended twice or unreleased";
  }
  if (wrong.empty()) return {};
  if (dropped > 0)
    wrong += "; " + std::to_string(dropped) + " trace events were dropped, so this may be the "
             "trace and not the run: shorten the run or enlarge the rings";
  return failed("trace: jobs do not add up: " + wrong);
}

double LaneUse::busy_pct() const {
  if (span <= Nanos(0)) return 0.0;
  return 100.0 * static_cast<double>((ops + submits).ns) / static_cast<double>(span.ns);
}

std::vector<LaneUse> utilisation(const Trace& trace) {
  std::vector<std::vector<Interval>> ops(trace.lanes.size());
  std::vector<std::vector<Interval>> work(trace.lanes.size());   // ops and submits
  Nanos first = Nanos::max();
  Nanos last = Nanos::min();
  for (const TraceEvent& event : trace.events) {
    if (event.kind == Kind::kIdle || event.kind == Kind::kDecision ||
        event.kind == Kind::kInputs)
      continue;
    first = std::min(first, event.begin);
    last = std::max({last, event.begin, event.end});
    if (event.lane >= trace.lanes.size()) continue;
    if (event.kind == Kind::kOp) ops[event.lane].emplace_back(event.begin, event.end);
    if (event.kind == Kind::kOp || event.kind == Kind::kSubmit)
      work[event.lane].emplace_back(event.begin, event.end);
  }
  std::vector<LaneUse> lanes(trace.lanes.size());
  for (size_t i = 0; i < lanes.size(); ++i) {
    lanes[i].name = trace.lanes[i];
    lanes[i].ops = covered(std::move(ops[i]));
    lanes[i].submits = covered(std::move(work[i])) - lanes[i].ops;
    lanes[i].span = last > first ? last - first : Nanos(0);
  }
  return lanes;
}

}  // namespace takt
