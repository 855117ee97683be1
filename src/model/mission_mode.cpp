// What a workload becomes in one of its modes, or at another rate.
#include <algorithm>
#include <optional>

#include "base/check.h"
#include "model/workload.h"

namespace takt {

void set_period(Workload& workload, TaskId task, const Period& period) {
  Task& changed = workload.tasks[task.value()];
  CHECK(changed.arrival != Arrival::kEvent);
  const bool within = changed.deadline <= changed.period.length();
  changed.period = period;
  if (within) changed.deadline = std::min(changed.deadline, period.length());
  changed.phase = std::min(changed.phase, period.length() - Nanos(1));
  // Sources stand before the tasks they trigger.
  for (Task& other : workload.tasks) {
    if (other.arrival != Arrival::kEvent) continue;
    const Task& source = workload.tasks[other.on.value()];
    other.period = source.period;
    other.phase = source.phase;
  }
}

Workload in_mode(const Workload& workload, const MissionMode& mode) {
  Workload whole = workload;
  for (const MissionMode::Rate& rate : mode.rates) set_period(whole, rate.task, rate.period);
  Workload result;
  result.name = workload.name;
  result.window = workload.window;
  result.throttling = workload.throttling;
  result.energy = workload.energy;
  result.modules = workload.modules;
  result.modes = {};
  std::vector<TaskId> moved(workload.tasks.size());
  for (uint32_t t = 0; t < whole.tasks.size(); ++t) {
    if (std::find(mode.tasks.begin(), mode.tasks.end(), TaskId(t)) == mode.tasks.end()) continue;
    moved[t] = TaskId(result.tasks.size());
    Task task = whole.tasks[t];
    if (task.arrival == Arrival::kEvent) task.on = moved[task.on.value()];
    result.tasks.push_back(std::move(task));
  }
  for (Chain chain : whole.chains) {
    for (TaskId& task : chain.tasks) task = moved[task.value()];
    if (std::all_of(chain.tasks.begin(), chain.tasks.end(), [](TaskId t) { return t.valid(); }))
      result.chains.push_back(std::move(chain));
  }
  for (DataEdge edge : whole.edges) {
    edge.from = moved[edge.from.value()];
    edge.to = moved[edge.to.value()];
    if (edge.from.valid() && edge.to.valid()) result.edges.push_back(edge);
  }
  return result;
}

}  // namespace takt
