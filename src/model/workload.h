// Workload: the tasks, chains and modules of one mission, read from workload.yaml.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/period.h"

namespace takt {

enum class Criticality { kHard, kFirm, kSoft, kBestEffort };   // most critical first
inline constexpr Criticality kCriticalities[] = {Criticality::kHard, Criticality::kFirm,
                                                 Criticality::kSoft, Criticality::kBestEffort};
std::string_view name_of(Criticality criticality);

struct WorkloadModule {
  std::string name;
  std::string path;                // .mlir or .vmfb, absolute after reading
  std::string function = "main";   // the exported function a job calls
};

struct Task {
  std::string name;
  ModuleId module;
  Period period;
  Nanos phase;
  Nanos deadline;                  // relative to release; default: the period
  Criticality criticality = Criticality::kFirm;
  int priority = 0;                // higher is more urgent; breaks ties inside a criticality
  int64_t weight = 1;              // of its lateness against that of other tasks, >= 1
  Nanos jitter = Nanos::max();     // how far its response times may spread; max(): any
};

struct Chain {
  std::string name;
  std::vector<TaskId> tasks;       // in data order
  Nanos deadline;                  // end to end
};

struct DataEdge {
  enum class Mode { kEvery, kLatest };
  TaskId from;
  TaskId to;
  Mode mode = Mode::kLatest;
};
std::string_view name_of(DataEdge::Mode mode);

struct Workload {
  std::string name;
  std::vector<WorkloadModule> modules;
  std::vector<Task> tasks;
  std::vector<Chain> chains;
  std::vector<DataEdge> edges;
};

// The least common multiple of the periods. kUsage when it exceeds `limit`, naming the
// periods that do not fit together and the nearest ones that would.
Result<Nanos> hyperperiod(const Workload& workload, Nanos limit = seconds(10));

Result<Workload> read_workload(const std::string& path);
Result<Workload> parse_workload(std::string_view text, const std::string& path);
std::string write_workload(const Workload& workload);

}  // namespace takt
