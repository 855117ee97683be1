// Instance -> Plan: runs the solver and writes down what it found, how good it is and
// where it comes from.
#pragma once

#include <string>
#include <vector>

#include "model/instance.h"
#include "model/plan.h"
#include "model/soc.h"
#include "model/workload.h"
#include "solve/solve.h"

namespace takt {

// What a plan says that its instance does not.
struct PlanContext {
  std::string soc_name;
  std::string host;                    // fingerprint of the costs
  std::string takt_version;
  std::vector<PlanModule> modules;
  std::vector<PlanTask> tasks;         // tasks_of() below; one per instance task
};

// The tasks of a periodic plan, in the order of the workload; `jobs` counted in the
// instance. And the one task of a single call.
std::vector<PlanTask> tasks_of(const Workload& workload, const Instance& instance);
std::vector<PlanTask> tasks_of_call(const Instance& instance);
// The tasks of an instance that comes without a workload: jobs are counted, periods unknown.
std::vector<PlanTask> tasks_of(const Instance& instance);

// A schedule written down. REQUIRES: `result` is of solve(problem, options).
Plan plan_of(const Problem& problem, const SolveResult& result, const SolveOptions& options,
             const PlanContext& context);

// Solves, then plan_of. The plan may miss deadlines (its objective says so) or overrun
// the window when that is what the load asks for: verify() tells.
Plan make_plan(const Instance& instance, const PlanContext& context,
               const SolveOptions& options = {});

}  // namespace takt
