// workload + dispatch graphs + SoC + costs -> Instance: one hyperperiod (or span) of the
// tasks, expanded into jobs and operations (docs/planning.md).
//
// What the instance says:
//  1. One operation per operation of the function's graph and job; precedence as in the
//     graph, with the bytes of its true dependencies; execute regions of one function run one
//     after another. Clusters are sites, the SoC's links join them.
//  2. Jobs of one task run in order. With a known submit cost a kSubmit operation stands
//     between them: the host work that submits the next job. It counts for the lanes and
//     the window, not for its job's deadline.
//  3. A data edge `every` between tasks of equal period orders job k after job k;
//     `latest` orders nothing. Neighbours in a chain with equal periods are ordered like
//     `every` unless a `latest` edge says otherwise, and the last job's deadline is then
//     at most its chain's.
//  4. A sporadic task has its jobs as often as they may come; an event-driven one a job with each
//     job of the task that triggers it, after it. A `buffer` b of an `every` edge lets job k of the
//     writer begin when job k - b of the reader is done.
//  5. Every chain has its runs (chain_runs.h), every task its weight and jitter.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/cost_table.h"
#include "model/dispatch_graph.h"
#include "model/instance.h"
#include "model/soc.h"
#include "model/workload.h"
#include "solve/modes.h"

namespace takt {

// A task whose function cannot be planned: it has no jobs in the instance and runs
// unplanned beside the plan.
struct UnplannedTask {
  TaskId task;
  std::string reason;
};

struct BuiltInstance {
  Instance instance;
  std::vector<UnplannedTask> unplanned;
};

struct InstanceOptions {
  ModeOptions modes;
  Nanos hyperperiod_limit = seconds(20);
  // > 0: the jobs released in [0, span), once, whatever the hyperperiod is.
  Nanos span;
  size_t max_operations = 200'000;      // a window with more is refused, not thrashed
};

// `graphs[i]` belongs to workload.modules[i]. kUsage for a missing cost, a function that
// is not in its graph, `every` between different periods, or cyclic data edges.
Result<BuiltInstance> build_instance(const Workload& workload,
                                     const std::vector<DispatchGraph>& graphs, const Soc& soc,
                                     const CostTable& costs, const InstanceOptions& options = {});

// One call of one function, alone: no deadline, no window. Durations are medians.
Result<Instance> build_call_instance(const std::string& module_name, const DispatchGraph& graph,
                                     const std::string& function, const Soc& soc,
                                     const CostTable& costs, const ModeOptions& options = {});

}  // namespace takt
