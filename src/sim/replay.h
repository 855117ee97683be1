// Replay: a recorded run as an instance of its own: every job that ran, released when it was,
// with the durations that were measured. Simulated with the run's policy and plan it tells
// whether the simulator orders work as the executor did, and takes as long.
#pragma once

#include <optional>

#include "base/result.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "sim/sim_input.h"

namespace takt {

struct Replay {
  Instance instance;                   // one window, from the first release on
  std::optional<Plan> plan;            // of the jobs in it
  std::vector<uint32_t> tiles;         // for SimInputOptions: 1 where one lane did it all
};

// `instance` and `plan` (may be nullptr) are those of the run; tasks and lanes are matched by
// name, lanes of other names by position. An operation that k lanes shared is taken to divide
// evenly: k times as long on one. Jobs that were shed are left out. kUsage: more lanes or another
// task than the instance has, a job without one of its operations, lost events, or no job left.
Result<Replay> replay_of(const Instance& instance, const Plan* plan, const Trace& recorded);

struct ReplayMatch {
  int64_t shares = 0;                  // pieces of work in the recording, by lane
  int64_t moved = 0;                   // ... that another lane did in the simulation
  int64_t swapped = 0;                 // ... the same lane, yet in another order
  Nanos recorded_makespan, simulated_makespan;   // first release to last end
  double makespan_error_pct() const;
  double response_error_pct = 0;       // |difference| of responses, summed over jobs, of their sum
};

// Both traces are of the jobs of `replay`.
ReplayMatch compare_replay(const Replay& replay, const Trace& recorded, const Trace& simulated);

}  // namespace takt
