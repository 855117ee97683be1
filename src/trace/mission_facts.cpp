#include "trace/mission_facts.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace takt {

MissionFacts facts_of(const Workload& workload, const Soc& soc) {
  MissionFacts facts;
  for (const Task& task : workload.tasks)
    facts.tasks.push_back({task.name, {task.deadline},
                           task.arrival == Arrival::kEvent
                               ? workload.tasks[task.on.value()].name
                               : ""});
  for (const Accelerator& accelerator : soc.accelerators)
    facts.accelerators.push_back(accelerator.name);
  return facts;
}

MissionFacts facts_of(const Instance& instance) {
  MissionFacts facts;
  for (const InstanceTask& task : instance.tasks) facts.tasks.push_back({task.name, {}, ""});
  for (const Job& job : instance.jobs)
    facts.tasks[job.task.value()].deadlines.push_back(
        job.deadline == Nanos::max() ? Nanos::max() : job.deadline - job.release);
  for (const Precedence& edge : instance.precedences) {
    const Operation& before = instance.operations[edge.before.value()];
    const Operation& after = instance.operations[edge.after.value()];
    const Job& from = instance.jobs[before.job.value()];
    const Job& to = instance.jobs[after.job.value()];
    if (from.task == to.task) continue;
    facts.inputs.push_back({to.task.value(), to.index, after.graph_op, from.task.value(),
                            from.index, before.graph_op});
  }
  std::sort(facts.inputs.begin(), facts.inputs.end(), [](const auto& a, const auto& b) {
    return std::tie(a.to_task, a.to_job, a.to_op) < std::tie(b.to_task, b.to_job, b.to_op);
  });
  // What drives an accelerator names it second (instance.h: a mode runs at its first pool).
  std::set<uint32_t> pools;
  for (const Operation& op : instance.operations)
    for (const Mode& mode : op.modes)
      for (size_t d = 1; d < mode.demands.size(); ++d) pools.insert(mode.demands[d].pool.value());
  for (const uint32_t pool : pools)
    for (const LaneId lane : instance.pools[pool].lanes)
      facts.accelerators.push_back(instance.lane_names[lane.value()]);
  return facts;
}

}  // namespace takt
