#include "bench/disturbance.h"

#include <vector>

#include "base/check.h"

namespace takt::bench {
namespace {

void commit(const Problem& problem, const Schedule& plan, Nanos now, Instance& rest) {
  rest.not_before = now;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (plan.start[op] >= now) continue;
    Commitment begun{OpId(op), plan.start[op], plan.mode[op], {}};
    for (const uint32_t lane : plan.lanes_of(problem, op)) begun.lanes.emplace_back(lane);
    rest.commitments.push_back(std::move(begun));
  }
}

// Nothing that has begun waits for what runs: its new end contradicts nothing.
void make_late(const Problem& problem, const Schedule& plan, Instance& rest, Rng& rng) {
  for (const Commitment& begun : rest.commitments) {
    const uint32_t op = begun.op.value();
    if (plan.end(problem, op) <= rest.not_before) continue;
    Nanos& duration = rest.operations[op].modes[begun.mode].duration;
    duration = duration * rng.between(100, 300) / 100;
  }
}

void make_slower(const Problem& problem, const Schedule& plan, Instance& rest, Rng& rng) {
  std::vector<uint32_t> still_to_run;
  for (uint32_t op = 0; op < problem.size(); ++op)
    if (plan.start[op] >= rest.not_before) still_to_run.push_back(op);
  if (still_to_run.empty()) return;
  const auto task_of = [&](uint32_t op) { return rest.jobs[problem.job_of(op)].task; };
  const TaskId slower = task_of(still_to_run[rng.below(still_to_run.size())]);
  const int64_t percent = rng.between(110, 130);
  for (const uint32_t op : still_to_run)
    if (task_of(op) == slower)
      for (Mode& mode : rest.operations[op].modes) mode.duration = mode.duration * percent / 100;
}

void take_lane(Instance& rest, Nanos length, Rng& rng) {
  const LaneId lane(static_cast<uint32_t>(rng.below(rest.lane_names.size())));
  const Nanos until = length == Nanos::max() ? length : rest.not_before + length;
  rest.outages.push_back({lane, rest.not_before, until});
}

// A copy of some job, as a task of its own.
void add_job(Instance& rest, Rng& rng) {
  std::vector<uint32_t> like;
  for (uint32_t job = 0; job < rest.jobs.size(); ++job)
    if (rest.jobs[job].op_count <= kNewJobMost) like.push_back(job);
  CHECK(!like.empty());
  const Job old = rest.jobs[like[rng.below(like.size())]];
  InstanceTask task = rest.tasks[old.task.value()];
  task.name += "_again";
  Job job = old;
  job.task = TaskId(static_cast<uint32_t>(rest.tasks.size()));
  job.index = 0;
  job.release = rest.not_before;
  job.deadline = rest.not_before + (old.deadline - old.release);
  job.first_op = static_cast<uint32_t>(rest.operations.size());
  const uint32_t shift = job.first_op - old.first_op;
  for (uint32_t op = old.first_op; op < old.first_op + old.op_count; ++op) {
    Operation copy = rest.operations[op];
    copy.job = JobId(static_cast<uint32_t>(rest.jobs.size()));
    rest.operations.push_back(std::move(copy));
  }
  const auto within = [&](OpId op) {
    return op.value() >= old.first_op && op.value() < old.first_op + old.op_count;
  };
  for (size_t i = 0, count = rest.precedences.size(); i < count; ++i) {
    const Precedence each = rest.precedences[i];
    if (within(each.before) && within(each.after))
      rest.precedences.push_back({OpId(each.before.value() + shift),
                                  OpId(each.after.value() + shift), each.delay, each.bytes});
  }
  rest.tasks.push_back(std::move(task));
  rest.jobs.push_back(job);
}

}  // namespace

std::string_view name_of(Disturbance disturbance) {
  switch (disturbance) {
    case Disturbance::kLate: return "late";
    case Disturbance::kSlower: return "slower";
    case Disturbance::kLaneAway: return "lane_away";
    case Disturbance::kLaneLost: return "lane_lost";
    case Disturbance::kNewJob: return "new_job";
  }
  return "";
}

Instance disturbed(const Problem& problem, const Schedule& plan, Nanos now,
                   Disturbance disturbance, Rng& rng) {
  Instance rest = problem.instance();
  DCHECK(rest.commitments.empty() && rest.outages.empty());
  commit(problem, plan, now, rest);
  const Nanos length(score_of(problem, plan)[Level::kMakespan]);
  switch (disturbance) {
    case Disturbance::kLate: make_late(problem, plan, rest, rng); break;
    case Disturbance::kSlower: make_slower(problem, plan, rest, rng); break;
    case Disturbance::kLaneAway: take_lane(rest, length * rng.between(10, 30) / 100, rng); break;
    case Disturbance::kLaneLost: take_lane(rest, Nanos::max(), rng); break;
    case Disturbance::kNewJob: add_job(rest, rng); break;
  }
  return rest;
}

}  // namespace takt::bench
