// The executors that `takt bench executor` compares, each with a DAG of executor_dag.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/executor_dag.h"
#include "run/executor.h"

namespace takt::bench {

// The DAG's plan for two lanes: the first half of each layer (of all items when there are no
// layers) on lane 0, the rest on lane 1; a chain stays on one lane.
Assignment plan_of(const Dag& dag, uint32_t lanes);
Program program_of(const Dag& dag, const DagWork& work);

// takt's executor with its lanes on cpus 0 and 1.
Result<std::unique_ptr<Executor>> make_takt_executor(const char* policy);

// `plan`: submitted with plan_of() under a policy that keeps lanes; else without.
std::unique_ptr<DagPeer> make_takt_peer(const Dag& dag, const DagWork& work, Executor& executor,
                                        bool plan);

// oneTBB flow graph: a continue_node per item; where all items of a layer wait for all of the
// layer before, one more node between them. oneTBB task_group: counters of unmet dependencies;
// the first item that a finished one makes ready goes on in the same task, the others are
// run(); for layered_all a wait per layer. Both in an arena of `threads`, the caller included.
std::unique_ptr<DagPeer> make_flow_graph_peer(const Dag& dag, const DagWork& work, int threads);
std::unique_ptr<DagPeer> make_task_group_peer(const Dag& dag, const DagWork& work, int threads);

// IREE's task executor as local-task uses it: a process of wake budget 1 per item, the DAG by
// suspend counts and dependents. `threads` workers; the caller waits.
class IreeTaskExecutor;
std::shared_ptr<IreeTaskExecutor> make_iree_executor(int threads);
std::unique_ptr<DagPeer> make_iree_peer(const Dag& dag, const DagWork& work,
                                        std::shared_ptr<IreeTaskExecutor> executor);

}  // namespace takt::bench
