#include "model/workload_change.h"

#include <algorithm>

#include "model/text_tree.h"

namespace takt {
namespace {

constexpr size_t kNamesShown = 20;
constexpr size_t kTasksMax = 4096;

template <class T>
std::string names_of(const std::vector<T>& all) {
  std::string text;
  for (size_t i = 0; i < all.size() && i < kNamesShown; ++i) text += ' ' + all[i].name;
  return all.size() > kNamesShown ? text + " ..." : text;
}

template <class T>
const T* find_named(const std::vector<T>& all, const std::string& name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& one) { return one.name == name; });
  return found == all.end() ? nullptr : &*found;
}

Result<TaskId> find_task(const Workload& workload, const std::string& name) {
  if (const Task* task = find_named(workload.tasks, name))
    return TaskId(static_cast<size_t>(task - workload.tasks.data()));
  return bad_input("the mission has no task '" + shown(name) + "'; it has:" +
                   names_of(workload.tasks));
}

void drop_unused_modules(Workload& workload) {
  std::vector<WorkloadModule> used;
  for (Task& task : workload.tasks) {
    const WorkloadModule& module = workload.modules[task.module.value()];
    const WorkloadModule* known = find_named(used, module.name);
    if (!known) known = &used.emplace_back(module);
    task.module = ModuleId(static_cast<size_t>(known - used.data()));
  }
  workload.modules = std::move(used);
}

// The module as it is there already, or added.
Result<ModuleId> add_module(Workload& workload, const WorkloadModule& module) {
  if (const WorkloadModule* known = find_named(workload.modules, module.name)) {
    if (known->path != module.path || known->function != module.function)
      return bad_input("module '" + module.name + "' is already " + known->path + ", function '" +
                       known->function + "'; give " + module.path + " another name");
    return ModuleId(static_cast<size_t>(known - workload.modules.data()));
  }
  workload.modules.push_back(module);
  return ModuleId(workload.modules.size() - 1);
}

Status check_names(const Workload& workload, const Workload& added) {
  if (added.tasks.empty()) return bad_input("there is no task to add");
  if (!added.modes.empty())
    return bad_input("what is added has modes; tasks are added to all modes of the mission, so "
                     "leave them out");
  if (workload.tasks.size() + added.tasks.size() > kTasksMax)
    return bad_input("a workload has at most " + std::to_string(kTasksMax) + " tasks");
  for (const Task& task : added.tasks)
    if (find_named(workload.tasks, task.name))
      return bad_input("the mission already has a task '" + task.name +
                       "'; replace it, or give the new one another name");
  for (const Chain& chain : added.chains)
    if (find_named(workload.chains, chain.name))
      return bad_input("the mission already has a chain '" + chain.name + "'");
  return {};
}

Result<Workload> with_added(Workload workload, const Workload& added) {
  TAKT_TRY(check_names(workload, added));
  const size_t first = workload.tasks.size();
  const auto moved = [&](TaskId task) { return TaskId(first + task.value()); };
  for (Task task : added.tasks) {
    TAKT_ASSIGN(task.module, add_module(workload, added.modules[task.module.value()]));
    if (task.arrival == Arrival::kEvent) task.on = moved(task.on);
    for (MissionMode& mode : workload.modes) mode.tasks.push_back(TaskId(workload.tasks.size()));
    workload.tasks.push_back(std::move(task));
  }
  for (Chain chain : added.chains) {
    for (TaskId& task : chain.tasks) task = moved(task);
    workload.chains.push_back(std::move(chain));
  }
  for (DataEdge edge : added.edges) {
    edge.from = moved(edge.from);
    edge.to = moved(edge.to);
    workload.edges.push_back(edge);
  }
  return workload;
}

// Takes `gone` out of chains and modes, or says why it cannot go.
Status untie(Workload& workload, TaskId gone, bool with_chains) {
  const std::string name = "task '" + workload.tasks[gone.value()].name + "'";
  for (const Task& task : workload.tasks)
    if (task.arrival == Arrival::kEvent && task.on == gone)
      return bad_input(name + " triggers task '" + task.name + "'; remove that one first");
  const auto part = [&](const Chain& chain) {
    return std::find(chain.tasks.begin(), chain.tasks.end(), gone) != chain.tasks.end();
  };
  const auto chain = std::find_if(workload.chains.begin(), workload.chains.end(), part);
  if (chain != workload.chains.end() && !with_chains)
    return bad_input(name + " is part of chain '" + chain->name + "', which would have no meaning "
                     "without it; remove the chain as well (--with-chains)");
  std::erase_if(workload.chains, part);
  for (MissionMode& mode : workload.modes) {
    std::erase(mode.tasks, gone);
    std::erase_if(mode.rates, [&](const MissionMode::Rate& rate) { return rate.task == gone; });
    if (mode.tasks.empty())
      return bad_input(name + " is the last one of mode '" + mode.name + "'");
  }
  std::erase_if(workload.edges,
                [&](const DataEdge& edge) { return edge.from == gone || edge.to == gone; });
  return {};
}

Result<Workload> with_removed(Workload workload, const WorkloadChange& change) {
  TAKT_ASSIGN(const TaskId gone, find_task(workload, change.task));
  if (workload.tasks.size() == 1)
    return bad_input("'" + change.task + "' is the mission's last task; end the mission instead");
  TAKT_TRY(untie(workload, gone, change.with_chains));
  workload.tasks.erase(workload.tasks.begin() + gone.value());
  const auto move_up = [&](TaskId& task) {
    if (task.valid() && task > gone) task = TaskId(task.value() - 1);
  };
  for (Task& task : workload.tasks) move_up(task.on);
  for (Chain& chain : workload.chains)
    for (TaskId& task : chain.tasks) move_up(task);
  for (MissionMode& mode : workload.modes) {
    for (TaskId& task : mode.tasks) move_up(task);
    for (MissionMode::Rate& rate : mode.rates) move_up(rate.task);
  }
  for (DataEdge& edge : workload.edges) {
    move_up(edge.from);
    move_up(edge.to);
  }
  return workload;
}

// A name for another version of the model, so that both can be on disk at once.
std::string next_name(const Workload& workload, const std::string& name) {
  const size_t dash = name.rfind('-');
  const bool numbered = dash != name.npos && dash + 1 < name.size() &&
                        name.find_first_not_of("0123456789", dash + 1) == name.npos;
  constexpr size_t kStemMax = 90;   // a name has at most 100 letters
  const std::string stem = name.substr(0, std::min(kStemMax, numbered ? dash : name.size()));
  for (int version = 2;; ++version) {
    const std::string candidate = stem + '-' + std::to_string(version);
    if (candidate != name && !find_named(workload.modules, candidate)) return candidate;
  }
}

Result<Workload> with_replaced(Workload workload, const WorkloadChange& change) {
  TAKT_ASSIGN(const TaskId id, find_task(workload, change.task));
  Task& task = workload.tasks[id.value()];
  WorkloadModule module = workload.modules[task.module.value()];
  module.name = next_name(workload, module.name);
  module.path = change.module_path;
  if (!change.function.empty()) module.function = change.function;
  workload.modules.push_back(std::move(module));
  task.module = ModuleId(workload.modules.size() - 1);
  return workload;
}

Result<Workload> with_rate(Workload workload, const WorkloadChange& change) {
  TAKT_ASSIGN(const TaskId id, find_task(workload, change.task));
  const Task& task = workload.tasks[id.value()];
  if (task.arrival == Arrival::kEvent)
    return bad_input("task '" + task.name + "' runs on what '" +
                     workload.tasks[task.on.value()].name + "' gives it; change that one's rate");
  set_period(workload, id, change.period);
  for (MissionMode& mode : workload.modes)
    std::erase_if(mode.rates, [&](const MissionMode::Rate& rate) { return rate.task == id; });
  return workload;
}

}  // namespace

std::string_view name_of(WorkloadChange::Kind kind) {
  switch (kind) {
    case WorkloadChange::Kind::kAdd: return "add";
    case WorkloadChange::Kind::kRemove: return "remove";
    case WorkloadChange::Kind::kReplace: return "replace";
    case WorkloadChange::Kind::kRate: return "rate";
  }
  return "";
}

std::string begin_mode(const Workload& workload, const std::string& asked) {
  return asked.empty() && !workload.modes.empty() ? workload.modes.front().name : asked;
}

Result<Workload> active_workload(const Workload& workload, const std::string& mode) {
  if (workload.modes.empty() && mode.empty()) return workload;
  if (const MissionMode* found = find_named(workload.modes, mode))
    return in_mode(workload, *found);
  return bad_input(workload.modes.empty() ? "the mission has no modes"
                                          : "the mission has no mode '" + shown(mode) +
                                                "'; it has:" + names_of(workload.modes));
}

Result<Workload> changed(const Workload& workload, const WorkloadChange& change) {
  Result<Workload> result = [&] {
    switch (change.kind) {
      case WorkloadChange::Kind::kAdd: return with_added(workload, change.added);
      case WorkloadChange::Kind::kRemove: return with_removed(workload, change);
      case WorkloadChange::Kind::kReplace: return with_replaced(workload, change);
      case WorkloadChange::Kind::kRate: return with_rate(workload, change);
    }
    return Result<Workload>(bad_input("no such change"));
  }();
  if (result) drop_unused_modules(*result);
  return result;
}

std::string text_of(const WorkloadChange& change) {
  switch (change.kind) {
    case WorkloadChange::Kind::kAdd: return "add" + names_of(change.added.tasks);
    case WorkloadChange::Kind::kRemove: return "remove " + change.task;
    case WorkloadChange::Kind::kReplace: return "replace " + change.task;
    case WorkloadChange::Kind::kRate: {
      const auto [key, value] = period_text(change.period);
      return key + " of " + change.task + ": " + value + (key == "rate" ? " Hz" : "");
    }
  }
  return "";
}

}  // namespace takt
