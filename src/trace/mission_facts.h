// MissionFacts: what a trace does not tell of the mission it is of: deadlines, what waits for
// whom, which lanes are accelerators. From the workload for a run on a device, from the instance
// for a simulation.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/instance.h"
#include "model/soc.h"
#include "model/workload.h"

namespace takt {

struct MissionFacts {
  struct TaskFacts {
    std::string name;
    // After the release, of each job of a window (one: of all jobs); max(): none.
    std::vector<Nanos> deadlines;
    std::string on;            // job k begins when job k of this task is done; "": no such task
  };
  // An operation that waits for one of another job of the same window, until that job's deadline.
  struct Input {
    uint32_t to_task = 0, to_job = 0, to_op = 0;       // index in the window, graph_op
    uint32_t from_task = 0, from_job = 0, from_op = 0;
  };
  std::vector<TaskFacts> tasks;
  std::vector<Input> inputs;                 // by (to_task, to_job, to_op)
  std::vector<std::string> accelerators;     // lane names
};

// On a device only event-driven jobs wait for another task's: `inputs` stays empty.
MissionFacts facts_of(const Workload& workload, const Soc& soc);
MissionFacts facts_of(const Instance& instance);

}  // namespace takt
