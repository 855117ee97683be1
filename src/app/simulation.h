// Simulation: a workload on a SoC that need not be here, or an instance file -> what the
// simulator takes, and a run of it. The way that `takt sim` and the benches share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/planning.h"
#include "base/result.h"
#include "model/instance.h"
#include "model/plan.h"
#include "sim/simulator.h"
#include "solve/solve.h"
#include "trace/conformance.h"
#include "trace/figures.h"
#include "trace/op_names.h"

namespace takt {

struct SimCase {
  Instance instance;
  std::optional<Plan> plan;
  std::vector<std::string> unplanned;  // tasks the plan leaves out: the load does not fit
  std::vector<uint32_t> tiles;         // see SimInputOptions
  OpNames names;
  std::optional<Workload> workload;    // nothing: of an instance file
};

struct SimPlanOptions {
  std::string plan_path;               // read instead of made; "": make one
  SolveOptions solve = PlanningOptions::default_solve();
  // Plans the jobs that can be in time together (solve/fitting_jobs.h), not whole tasks: for
  // overloads whose late jobs are worth nothing.
  bool in_time_only = false;
};

// What strict, hybrid and hybrid-save need and the others can do without.
bool needs_plan(const Policy& policy);

// An instance file (docs/formats.md). kUsage as read_any_instance().
Result<SimCase> sim_case_of_file(const std::string& path);

// A workload with its modules, graphs and costs; tiles are the kernels' workgroups.
Result<SimCase> sim_case_of_workload(const CompiledWorkload& compiled, const Soc& soc,
                                     const CostTable& costs, const InstanceOptions& options = {});

// Reads the plan, or makes one of what fits: while the best plan found overruns the window the
// least critical task that is left is taken out of it (best-effort before soft before firm;
// among equals the one with the most work) and runs unplanned. kFailed when hard tasks alone do
// not fit, or the plan made is wrong (a fault of takt's).
Status add_plan(const SimPlanOptions& options, SimCase& which);

// A case as the simulator takes it for `policy`: "pinned" without a plan pins every task.
// `planner_slices`: of the task that makes plans while the mission runs; 0: none does.
Result<SimInput> sim_input_of(const SimCase& which, const Policy& policy,
                              uint32_t planner_slices = 0);

struct Simulated {
  SimResult result;
  std::vector<TaskFigures> tasks;
  Conformance conformance;             // with a plan and operations in the trace
};

// kFailed when a job was lost, which is a fault of takt's.
Result<Simulated> run_simulation(const SimCase& which, const SimInput& input,
                                 const SimOptions& options);

}  // namespace takt
