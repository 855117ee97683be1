#include "app/window_change.h"

#include <algorithm>
#include <memory>

namespace takt {
namespace {

struct Numbered {
  const PlannedJob* job;
  uint32_t task;
  uint64_t number;
};

std::vector<Numbered> released_in(const WindowPlan& window, const Instance& base) {
  const std::vector<std::vector<JobId>> jobs_of = jobs_by_task(base);
  std::vector<Numbered> released;
  for (const PlannedJob& job : window.jobs) {
    const Job& of_base = base.jobs[job.job.value()];
    if (of_base.release + base.horizon * job.activation < window.from) continue;
    const uint32_t task = of_base.task.value();
    released.push_back({&job, task,
                        static_cast<uint64_t>(job.activation) * jobs_of[task].size() +
                            of_base.index});
  }
  return released;
}

PlanOp planned_op(const PlannedOp& op, const Operation& of_base, uint32_t task, uint32_t job) {
  PlanOp planned;
  planned.task = TaskId(task);
  planned.job = job;
  planned.kind = of_base.kind;
  planned.graph_op = of_base.graph_op;
  planned.kernel_hash = of_base.kernel_hash;
  planned.start = op.start;
  planned.duration = op.duration;
  op.lanes.for_each([&](uint32_t lane) { planned.lanes.push_back(LaneId(lane)); });
  return planned;
}

}  // namespace

std::vector<std::vector<JobId>> jobs_by_task(const Instance& base) {
  std::vector<std::vector<JobId>> jobs(base.tasks.size());
  for (uint32_t j = 0; j < base.jobs.size(); ++j)
    jobs[base.jobs[j].task.value()].push_back(JobId(j));
  for (std::vector<JobId>& of_task : jobs)
    std::sort(of_task.begin(), of_task.end(), [&](JobId a, JobId b) {
      return base.jobs[a.value()].index < base.jobs[b.value()].index;
    });
  return jobs;
}

PlanChange change_of(const WindowPlan& window, const Instance& base,
                     const std::vector<PlanModule>& modules,
                     const std::vector<std::string>& lane_names,
                     const std::vector<PlanChange::TaskJobs>& tasks, Nanos origin) {
  auto plan = std::make_shared<Plan>();
  plan->lanes = lane_names;
  plan->window = Nanos::max();
  plan->modules = modules;
  for (const InstanceTask& task : base.tasks)
    plan->tasks.push_back({task.name, task.module, task.function, task.criticality, task.priority,
                           {}, Nanos(0), Nanos::max(), 0});
  PlanChange change;
  change.scope.base = origin;
  change.scope.repeats = false;
  const std::vector<Numbered> released = released_in(window, base);
  std::vector<uint64_t> first(base.tasks.size(), UINT64_MAX);
  for (const Numbered& job : released) first[job.task] = std::min(first[job.task], job.number);
  for (const PlanChange::TaskJobs& of_run : tasks) {
    const uint32_t task = of_run.plan_task;
    const bool has_jobs = task != PlanChange::kNoTask && first[task] != UINT64_MAX;
    change.scope.tasks.push_back(has_jobs
                                     ? PlanChange::TaskJobs{task, of_run.first + first[task]}
                                     : PlanChange::TaskJobs{PlanChange::kNoTask, UINT64_MAX});
  }
  for (const Numbered& job : released) {
    const auto in_plan = static_cast<uint32_t>(job.number - first[job.task]);
    uint32_t& jobs = plan->tasks[job.task].jobs;
    jobs = std::max(jobs, in_plan + 1);
    for (uint32_t i = job.job->first_op; i < job.job->first_op + job.job->op_count; ++i) {
      const PlannedOp& op = window.ops[i];
      plan->operations.push_back(
          planned_op(op, base.operations[op.op.value()], job.task, in_plan));
    }
  }
  change.plan = std::move(plan);
  return change;
}

}  // namespace takt
