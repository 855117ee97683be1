#include "solve/make_plan.h"

namespace takt {
namespace {

PlanOp plan_op(const Problem& problem, const Schedule& schedule, uint32_t op) {
  const Instance& instance = problem.instance();
  const Operation& operation = instance.operations[op];
  const Job& job = instance.jobs[operation.job.value()];
  PlanOp out;
  out.task = job.task;
  out.job = job.index;
  out.kind = operation.kind;
  out.graph_op = operation.graph_op;
  out.kernel_hash = operation.kernel_hash;
  out.start = schedule.start[op];
  out.duration = schedule.mode_of(problem, op).duration;
  out.variant = operation.modes[schedule.mode[op]].variant;
  for (const uint32_t lane : schedule.lanes_of(problem, op)) out.lanes.push_back(LaneId(lane));
  return out;
}

// All but the objective and the provenance.
Plan written_down(const Problem& problem, const Schedule& schedule, const PlanContext& context) {
  const Instance& instance = problem.instance();
  Plan plan;
  plan.instance_hash = instance.hash();
  plan.soc_name = context.soc_name;
  plan.lanes = instance.lane_names;
  plan.window = instance.horizon;
  plan.modules = context.modules;
  plan.tasks = context.tasks;
  for (uint32_t op = 0; op < problem.size(); ++op)
    plan.operations.push_back(plan_op(problem, schedule, op));
  return plan;
}

}  // namespace

std::vector<PlanTask> tasks_of(const Workload& workload, const Instance& instance) {
  std::vector<PlanTask> tasks;
  for (const Task& task : workload.tasks)
    tasks.push_back({task.name, task.module,
                     workload.modules[task.module.value()].function, task.criticality,
                     task.priority, task.period, task.phase, task.deadline, 0});
  for (const Job& job : instance.jobs) ++tasks[job.task.value()].jobs;
  return tasks;
}

std::vector<PlanTask> tasks_of_call(const Instance& instance) {
  const InstanceTask& task = instance.tasks.front();
  return {{task.name, task.module, task.function, task.criticality, task.priority, Period{},
           Nanos(0), Nanos::max(), 1}};
}

std::vector<PlanTask> tasks_of(const Instance& instance) {
  std::vector<PlanTask> tasks;
  for (const InstanceTask& task : instance.tasks)
    tasks.push_back({task.name, task.module, task.function, task.criticality, task.priority,
                     Period{}, Nanos(0), Nanos::max(), 0});
  for (const Job& job : instance.jobs) ++tasks[job.task.value()].jobs;
  return tasks;
}

Plan plan_of(const Problem& problem, const SolveResult& result, const SolveOptions& options,
             const PlanContext& context) {
  Plan plan = written_down(problem, result.schedule, context);
  plan.objective = result.levels;
  plan.provenance = {"takt", options.seed, result.total, context.takt_version, context.host};
  return plan;
}

Plan make_plan(const Instance& instance, const PlanContext& context,
               const SolveOptions& options) {
  const Problem problem(instance);
  return plan_of(problem, solve(problem, options), options, context);
}

}  // namespace takt
