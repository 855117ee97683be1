// Learning: the trace of a run to cost records, per kernel, mode (lane class, width) and condition.
//
// An execution is all kOp events with one (task, job, op); it lasts from the first lane's begin to
// the last lane's end, as when it is profiled. What was not the mode's own duration is left out:
// an execution that was pre-empted (a lane had a gap in it), that a lane joined late, or whose
// lanes are of several classes. kSubmit events give the cost of submitting a job.
//
// What the trace can tell of the condition: cold, when the same operation of the module last
// ended more than LearnOptions::cold_after before; beside others, when another lane of the
// cluster ran something for at least half of the time. The speed is what the caller says.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "cost/cost_db.h"
#include "model/dispatch_graph.h"
#include "model/trace_event.h"

namespace takt {

struct LearnTask {                   // of a task of the trace
  std::string module;                // name in the workload
  const DispatchGraph* graph = nullptr;
  std::string function;
};

struct LearnLane {                   // of a lane of the trace
  std::string lane_class;
  uint32_t cluster = 0;
  int speed_pct = 100;               // of the cluster's full speed, during the trace
};

struct LearnOptions {
  // Perception runs at 10 to 60 Hz beside control at 50 to 1000 Hz: the former is cold.
  Nanos cold_after = millis(10);
};

struct Learned {
  std::vector<CostRecord> records;   // one per key and condition; takt_version is not set
  int64_t executions = 0;            // samples in the records
  int64_t preempted = 0;             // left out ...
  int64_t joined_late = 0;
  int64_t unknown = 0;               // ... no such operation, or lanes of several classes
};

// `tasks`: as in Trace::tasks; `lanes`: as in Trace::lanes.
Learned learn(const Trace& trace, const std::vector<LearnTask>& tasks,
              const std::vector<LearnLane>& lanes, const LearnOptions& options = {});

}  // namespace takt
