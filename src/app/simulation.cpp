#include "app/simulation.h"

#include <algorithm>

#include "app/build_info.h"
#include "cost/host.h"
#include "model/instance_file.h"
#include "model/verify.h"
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
  Instance rest = instance;
  rest.jobs.clear();
  rest.operations.clear();
  rest.precedences.clear();
  rest.chains.clear();
  rest.mode_groups.clear();
  rest.commitments.clear();
  std::vector<OpId> moved(instance.operations.size());
  for (const Job& job : instance.jobs) {
    if (job.task == task) continue;
    Job kept = job;
    kept.first_op = uint32_t(rest.operations.size());
    for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
      moved[i] = OpId(rest.operations.size());
      rest.operations.push_back(instance.operations[i]);
      rest.operations.back().job = JobId(rest.jobs.size());
    }
    rest.jobs.push_back(kept);
  }
  for (Precedence edge : instance.precedences) {
    edge.before = moved[edge.before.value()];
    edge.after = moved[edge.after.value()];
    if (edge.before.valid() && edge.after.valid()) rest.precedences.push_back(edge);
  }
  return rest;
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

}  // namespace

bool needs_plan(const Policy& policy) {
  return policy.name() == "strict" || policy.name() == "hybrid";
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
              build_instance(compiled.workload, graphs, soc, costs, options));
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
  for (const Task& task : compiled.workload.tasks)
    made.names.add(task.name, graphs[task.module.value()],
                   compiled.workload.modules[task.module.value()].function);
  return made;
}

Status add_plan(const SimPlanOptions& options, SimCase& which) {
  if (!options.plan_path.empty()) {
    TAKT_ASSIGN(which.plan, read_plan(options.plan_path));
    return {};
  }
  Instance rest = which.instance;
  for (;;) {
    const Problem problem(rest);
    const SolveResult result = solve(problem, options.solve);
    if (result.score.overrun == Nanos(0)) {
      PlanContext context;
      context.host = host_fingerprint();
      context.takt_version = kTaktVersion;
      context.tasks = tasks_of(rest);
      Plan plan = plan_of(problem, result, options.solve, context);
      const std::vector<Violation> violations = verify(plan, rest);
      if (!violations.empty())
        return failed("the plan of '" + rest.name + "' is wrong (a fault of takt's): " +
                      violations.front().what);
      set_phases(rest, plan);
      which.plan = std::move(plan);
      return {};
    }
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
