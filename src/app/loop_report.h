// LoopReport: how planning went beside a run.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "dispatch/triggers.h"

namespace takt {

struct LoopReport {
  static constexpr size_t kReplansMax = 64;   // kept; all are counted

  struct Replan {
    ReplanRequest why;
    std::string subject;             // name of the kernel, number of the lane
  };
  Nanos window;                      // its length
  uint64_t windows = 0;              // opened
  uint64_t planned = 0;              // whose plan was there in time
  uint64_t late = 0;                 // whose planner was late: they ran on under the policy
  uint64_t reused = 0;               // planned by a plan that was kept
  uint64_t refused = 0;              // plans that the device refused: must be 0
  uint64_t replans = 0;              // asked for because something had changed
  std::vector<Replan> reasons;       // the last of them
  Nanos planner_p50, planner_p99, planner_max;   // time on lanes per window
};

}  // namespace takt
