#include "app/simulation.h"

#include <algorithm>

#include "app/build_info.h"
#include "app/report.h"
#include "cost/host.h"
#include "model/instance_file.h"
#include "model/verify.h"
#include "solve/fitting_jobs.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

uint32_t tiles_of(const DispatchGraph& graph, const std::string& function, uint32_t graph_op) {
  const GraphOp& op = graph.find(function)->ops[graph_op];
  uint64_t tiles = 1;
  if (op.kind == OpKind::kDispatch)
    for (const uint32_t count : op.workgroups) tiles = std::min<uint64_t>(tiles * count, 1 << 20);
  return uint32_t(std::max<uint64_t>(tiles, 1));
}

// The instance without the jobs of one task (whose jobs stay away, not the task itself).
Instance without_task(const Instance& instance, TaskId task) {
  std::vector<char> keep(instance.jobs.size());
  for (size_t j = 0; j < keep.size(); ++j) keep[j] = instance.jobs[j].task != task;
  return with_jobs(instance, keep);
}

Nanos work_of(const Instance& instance, TaskId task) {
  Nanos work(0);
  for (const Operation& op : instance.operations)
    if (instance.jobs[op.job.value()].task == task) work += op.modes.front().duration;
  return work;
}

// The task to leave out next; invalid when only hard ones are left.
TaskId least_critical(const Instance& instance) {
  TaskId least;
  for (const Job& job : instance.jobs) {
    const auto rank = [&](TaskId task) {
      return std::pair(instance.tasks[task.value()].criticality, work_of(instance, task));
    };
    if (instance.tasks[job.task.value()].criticality == Criticality::kHard) continue;
    if (!least.valid() || (job.task != least && rank(job.task) > rank(least))) least = job.task;
  }
  return least;
}

// Instance files know no phase: a plan's window begins with the instance's.
void set_phases(const Instance& instance, Plan& plan) {
  for (const Job& job : instance.jobs)
    if (job.index == 0) plan.tasks[job.task.value()].phase = job.release;
}

bool has_jobs(const Instance& instance, TaskId task) {
  return std::any_of(instance.jobs.begin(), instance.jobs.end(),
                     [&](const Job& job) { return job.task == task; });
}

// The plan of some jobs, numbered as in the instance of all.
void number_as(const Instance& all, const std::vector<std::vector<uint32_t>>& numbers,
               Plan& plan) {
  for (PlanOp& op : plan.operations) op.job = numbers[op.task.value()][op.job];
  for (PlanTask& task : plan.tasks) task.jobs = 0;
  for (const Job& job : all.jobs) ++plan.tasks[job.task.value()].jobs;
  set_phases(all, plan);
}

// Writes the schedule of `planned`, a part of the case's instance, down and checks it.
Status set_plan(const Instance& planned, const SolveResult& result, const SimPlanOptions& options,
                SimCase& which) {
  PlanContext context;
  context.host = host_fingerprint();
  context.takt_version = kTaktVersion;
  context.tasks = tasks_of(planned);
  Plan plan = plan_of(Problem(planned), result, options.solve, context);
  const std::vector<Violation> violations = verify(plan, planned);
  if (!violations.empty())
    return failed("the plan of '" + planned.name + "' is wrong (a fault of takt's): " +
                  violations.front().what);
  set_phases(planned, plan);
  which.plan = std::move(plan);
  return {};
}

}  // namespace

bool needs_plan(const Policy& policy) {
  return policy.name() == "strict" || policy.name().starts_with("hybrid");
}

Result<SimCase> sim_case_of_file(const std::string& path) {
  SimCase made;
  TAKT_ASSIGN(made.instance, read_any_instance(path));
  if (made.instance.operations.empty())
    return bad_input(path + ": has no operation: there is nothing to simulate");
  return made;
}

Result<SimCase> sim_case_of_workload(const CompiledWorkload& compiled, const Soc& soc,
                                     const CostTable& costs, const InstanceOptions& options) {
  const std::vector<DispatchGraph> graphs = compiled.graphs();
  TAKT_ASSIGN(BuiltInstance built,
              build_instance(compiled.workload, graphs, soc, costs,
                             instance_options(compiled.workload, options)));
  SimCase made;
  made.instance = std::move(built.instance);
  for (const UnplannedTask& task : built.unplanned)
    return bad_input("task '" + compiled.workload.tasks[task.task.value()].name +
                     "' cannot be simulated: " + task.reason);
  for (const Operation& op : made.instance.operations) {
    const TaskId task = made.instance.jobs[op.job.value()].task;
    const InstanceTask& spec = made.instance.tasks[task.value()];
    made.tiles.push_back(op.kind == Operation::Kind::kSubmit
                             ? 1
                             : tiles_of(graphs[spec.module.value()], spec.function, op.graph_op));
  }
  made.names = op_names(compiled);
  made.workload = compiled.workload;
  return made;
}

Status add_plan(const SimPlanOptions& options, SimCase& which) {
  if (!options.plan_path.empty()) {
    TAKT_ASSIGN(which.plan, read_plan(options.plan_path));
    return {};
  }
  if (options.in_time_only) {
    const FittingJobs fitting = fitting_jobs(which.instance, options.solve);
    for (uint32_t t = 0; t < which.instance.tasks.size(); ++t)
      if (has_jobs(which.instance, TaskId(t)) && !has_jobs(fitting.instance, TaskId(t)))
        which.unplanned.push_back(which.instance.tasks[t].name);
    TAKT_TRY(set_plan(fitting.instance, fitting.result, options, which));
    number_as(which.instance, numbers_of(which.instance, fitting.in), *which.plan);
    return {};
  }
  Instance rest = which.instance;
  SolveOptions search = options.solve;
  for (;;) {
    if (which.workload) search = solve_options(*which.workload, rest, options.solve);
    const SolveResult result = solve(Problem(rest), search);
    if (result.score.overrun == Nanos(0)) return set_plan(rest, result, options, which);
    const TaskId task = least_critical(rest);
    if (!task.valid())
      return failed("instance '" + rest.name + "': its hard tasks alone do not fit its window");
    which.unplanned.push_back(rest.tasks[task.value()].name);
    rest = without_task(rest, task);
    if (rest.operations.empty())
      return failed("instance '" + rest.name + "': no task fits its window");
  }
}

Result<SimInput> sim_input_of(const SimCase& which, const Policy& policy,
                              uint32_t planner_slices) {
  SimInputOptions options;
  options.tiles = which.tiles;
  options.planner_slices = planner_slices;
  TAKT_ASSIGN(SimInput input,
              make_sim_input(which.instance, which.plan ? &*which.plan : nullptr, options));
  if (policy.name() == "pinned" && !which.plan) pin_tasks(input);
  return input;
}

Result<Simulated> run_simulation(const SimCase& which, const SimInput& input,
                                 const SimOptions& options) {
  Simulated simulated;
  TAKT_ASSIGN(simulated.result, simulate(input, options));
  simulated.tasks = task_figures(simulated.result.trace);
  TAKT_TRY(check_jobs(simulated.tasks, 0));
  if (which.plan && options.trace)
    simulated.conformance = conformance(*which.plan, simulated.result.trace);
  return simulated;
}

}  // namespace takt
