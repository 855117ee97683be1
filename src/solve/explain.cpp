#include "solve/explain.h"

#include <algorithm>

namespace takt {
namespace {

Nanos slack_of(const Job& job, Nanos done) {
  return job.deadline == Nanos::max() ? Nanos::max() : job.deadline - done;
}

// The end of a job that has the SoC to itself.
Nanos end_alone(const Problem& problem, const Job& job) {
  Nanos end = job.release;
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
    if (!problem.is_submit(op))
      end = std::max(end, problem.head(op) + problem.least_duration(op));
  return end;
}

uint32_t last_op(const Problem& problem, const Schedule& schedule, const Job& job) {
  uint32_t last = job.first_op;
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
    if (!problem.is_submit(op) && schedule.end(problem, op) > schedule.end(problem, last))
      last = op;
  return last;
}

std::vector<TaskReport> task_reports(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  const std::vector<Nanos> done = completions(problem, schedule);
  std::vector<TaskReport> reports(instance.tasks.size());
  for (uint32_t j = 0; j < instance.jobs.size(); ++j) {
    const Job& job = instance.jobs[j];
    TaskReport& report = reports[job.task.value()];
    const Nanos slack = slack_of(job, done[j]), response = done[j] - job.release;
    const bool tightest = !report.tightest.valid() || slack < report.slack_min ||
                          (slack == report.slack_min && response > report.response_max);
    ++report.jobs;
    report.late += slack < Nanos(0);
    report.impossible += slack < Nanos(0) && end_alone(problem, job) > job.deadline;
    report.response_max = std::max(report.response_max, response);
    if (!tightest) continue;
    report.slack_min = slack;
    report.tightest = JobId(j);
  }
  const ChainFinder finder(problem, schedule);
  std::vector<TaskReport> with_jobs;
  for (uint32_t t = 0; t < reports.size(); ++t) {
    if (reports[t].jobs == 0) continue;
    reports[t].task = TaskId(t);
    const Job& job = instance.jobs[reports[t].tightest.value()];
    reports[t].chain = finder.chain_of(last_op(problem, schedule, job));
    std::reverse(reports[t].chain.begin(), reports[t].chain.end());
    with_jobs.push_back(std::move(reports[t]));
  }
  return with_jobs;
}

// Least lane time of the pool that the operation takes.
Nanos least_work_in(const Problem& problem, uint32_t op, PoolId pool) {
  Nanos least = Nanos::max();
  for (const FlatMode& mode : problem.modes(op)) {
    Nanos work(0);
    for (const Demand& demand : mode.demands)
      if (demand.pool == pool) work += mode.duration * demand.count;
    least = std::min(least, work);
  }
  return least;
}

}  // namespace

Explanation explain(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  Explanation out;
  Nanos makespan(0);
  out.lanes.resize(problem.lane_count());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    makespan = std::max(makespan, schedule.end(problem, op));
    for (const uint32_t lane : schedule.lanes_of(problem, op))
      out.lanes[lane].busy += schedule.mode_of(problem, op).duration;
  }
  out.window = problem.periodic() ? instance.horizon : makespan;
  out.overrun = std::max(makespan - out.window, Nanos(0));
  for (uint32_t lane = 0; lane < problem.lane_count(); ++lane) {
    out.lanes[lane].lane = LaneId(lane);
    out.lanes[lane].load = static_cast<double>(out.lanes[lane].busy.ns) /
                           static_cast<double>(std::max<int64_t>(out.window.ns, 1));
  }
  out.tasks = task_reports(problem, schedule);
  for (size_t p = 0; p < instance.pools.size(); ++p) {
    PoolReport report{PoolId(p), Nanos(0),
                      out.window * static_cast<int64_t>(instance.pools[p].lanes.size())};
    for (uint32_t op = 0; op < problem.size(); ++op)
      report.asked += least_work_in(problem, op, PoolId(p));
    out.pools.push_back(report);
  }
  return out;
}

}  // namespace takt
