// WorkloadChange: what somebody wants to be different in a running mission, as "from workload W
// to workload W'". Pure: whether W' can be compiled, planned and kept is for others to say.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/period.h"
#include "model/workload.h"

namespace takt {

struct WorkloadChange {
  enum class Kind { kAdd, kRemove, kReplace, kRate };
  Kind kind = Kind::kAdd;
  std::string task;          // kRemove, kReplace, kRate: its name
  Workload added;            // kAdd: tasks with the modules, chains and edges that are theirs
  std::string module_path;   // kReplace: the other model, .mlir or .vmfb
  std::string function;      // kReplace: of that model; empty: named as before
  Period period;             // kRate
  bool with_chains = false;  // kRemove: the chains that the task is part of go as well
};
inline constexpr WorkloadChange::Kind kWorkloadChanges[] = {
    WorkloadChange::Kind::kAdd, WorkloadChange::Kind::kRemove, WorkloadChange::Kind::kReplace,
    WorkloadChange::Kind::kRate};
std::string_view name_of(WorkloadChange::Kind kind);

// W', in all its modes: what is added is active in each, a rate holds in each. A task that stays
// keeps everything; modules that no task uses any more are left out. kUsage, by name: a task that
// is not there (and which are) or is there already, the last task, a task that others are tied to,
// a module of the same name with other contents.
Result<Workload> changed(const Workload& workload, const WorkloadChange& change);

// The mode it begins in when `asked` is "": the first; "" when it has none.
std::string begin_mode(const Workload& workload, const std::string& asked);
// What of it is active in a mode; all of a workload without modes, whose mode is "". kUsage names
// the modes that there are.
Result<Workload> active_workload(const Workload& workload, const std::string& mode);

// For people: "rate of 'ground': 50 Hz".
std::string text_of(const WorkloadChange& change);

}  // namespace takt
