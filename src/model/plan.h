// Plan: start, lanes and variant of every operation of a window, with how good it is.
// A plain value; plan.json (docs/formats.md) is its text. Self-contained for the HAL
// driver together with the graph files it names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/workload.h"

namespace takt {

struct PlanModule {
  std::string name;            // as in the workload
  std::string graph;           // path of the dispatch graph, relative to the plan file
  std::string graph_hash;      // content_hash() of the graph file
  std::string vmfb_hash;
};

struct PlanTask {
  std::string name;
  ModuleId module;
  std::string function;
  Criticality criticality = Criticality::kFirm;
  int priority = 0;
  Period period;               // num_ns 0: not periodic, jobs come when they come
  Nanos phase;
  Nanos deadline;              // relative; Nanos::max() when there is none
  uint32_t jobs = 1;           // jobs per window
};

struct PlanOp {
  TaskId task;
  uint32_t job = 0;            // index of the job in the window
  Operation::Kind kind = Operation::Kind::kGraphOp;
  uint32_t graph_op = 0;       // index into the function's operations
  std::string kernel_hash;
  Nanos start;                 // from the start of the window
  Nanos duration;              // planned
  std::vector<LaneId> lanes;   // ascending; width = lanes.size() for cores
  std::string variant = "default";

  Nanos end() const { return start + duration; }
};

struct ObjectiveLevel {
  enum class Proof { kOptimal, kGap, kLimit };
  std::string name;            // "makespan", "hard_misses", ...
  int64_t value = 0;           // ns for times, a count for misses
  int64_t bound = 0;           // no plan has a smaller value
  Proof proof = Proof::kGap;
  double gap_pct() const;      // 100 * (value - bound) / max(|value|, 1)
};
std::string_view name_of(ObjectiveLevel::Proof proof);

struct Provenance {
  std::string solver;
  uint64_t seed = 0;
  Nanos solve_time;
  std::string takt_version;
  std::string host;            // host fingerprint of the costs
};

struct Plan {
  std::string instance_hash;
  std::string soc_name;
  std::vector<std::string> lanes;      // names, index = LaneId
  Nanos window;                        // horizon; Nanos::max() when not periodic
  std::vector<PlanModule> modules;
  std::vector<PlanTask> tasks;
  std::vector<PlanOp> operations;      // same order as Instance::operations
  std::vector<ObjectiveLevel> objective;
  Provenance provenance;
};

Result<Plan> read_plan(const std::string& path);
Result<Plan> parse_plan(std::string_view text, const std::string& path);
std::string write_plan(const Plan& plan);

}  // namespace takt
