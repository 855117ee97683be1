// Planning: workload -> compiled modules -> instance -> plan, the way that `takt plan`,
// `takt demo` and the benches share.
#pragma once

#include <string>
#include <vector>

#include "app/prepare.h"
#include "base/result.h"
#include "model/cost_table.h"
#include "model/dispatch_graph.h"
#include "model/plan.h"
#include "model/soc.h"
#include "model/workload.h"
#include "solve/admission.h"
#include "solve/build_instance.h"
#include "solve/explain.h"
#include "solve/solve.h"

namespace takt {

// Where the modules of a workload file are kept when nobody says otherwise: the
// directory takt-modules beside it. Profile and plan agree on it.
std::string default_module_dir(const std::string& workload_path);

// The costs of `host` in the database file. kUsage when it has none, naming the hosts
// that it has.
Result<CostTable> read_costs(const std::string& db_path, const std::string& host);

struct PlanningOptions {
  std::string plan_path;                   // where the plan will be written; "" = here
  std::string host;                        // fingerprint of the costs, for the provenance
  InstanceOptions instance;
  SolveOptions solve = default_solve();
  // Searches on, several times as many steps, while a hard or firm job is late or the window
  // overrun and nothing proves that it must be. For searches that count steps.
  bool patient = true;

  // Steps for some tenths of a second, so that the plan depends on nothing else; with the time a
  // dependency needs to travel to another lane.
  static SolveOptions default_solve();
};

// Of the workload: durations with room to spare where energy is to be saved.
InstanceOptions instance_options(const Workload& workload, InstanceOptions options = {});
// The default objective; where energy is to be saved lanes count before makespan, once nothing is
// late, and chains may take a quarter of their deadline more than they could.
Objective objective_of(const Workload& workload, const Instance& instance);

// The policy for plans of the workload, where none is asked for.
const char* policy_for_plans(const Workload& workload);

// A search for the workload: its objective, unless there is one; where energy is to be saved a
// schedule on few lanes to start from.
SolveOptions solve_options(const Workload& workload, const Instance& instance,
                           SolveOptions options);

struct PlannedWorkload {
  Instance instance;
  Plan plan;
  Explanation explanation;
  Admission admission;                     // per task: guaranteed, degraded or refused
  std::string diagnosis;                   // why jobs are late; empty when none is
  std::vector<UnplannedTask> unplanned;
};

// kUsage as build_instance(); kFailed when the load does not fit the window, saying
// which lanes are asked for how much. Missed deadlines are no error: plan.objective and
// explanation tell. The plan has passed verify().
Result<PlannedWorkload> plan_workload(const CompiledWorkload& compiled, const Soc& soc,
                                      const CostTable& costs, const PlanningOptions& options);

// One call of `function` of one module, alone, as fast as it goes.
Result<PlannedWorkload> plan_call(const std::string& module_name,
                                  const compile::CompiledModule& module,
                                  const std::string& function, const Soc& soc,
                                  const CostTable& costs, const PlanningOptions& options);

}  // namespace takt
