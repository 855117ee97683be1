// WindowSimulation: a mission in virtual time that plans its windows while it goes on, as
// `takt run --windows` does.
#pragma once

#include "app/loop_report.h"
#include "app/simulation.h"

namespace takt {

struct WindowSimulation {
  Simulated simulated;
  LoopReport report;                   // planner times: of the thread that simulated
};

// `options.planner` is set here. REQUIRES: which.workload, whose throttling was checked
// (check_throttling); kUsage: nothing repeats (an instance without a horizon).
Result<WindowSimulation> simulate_windows(const SimCase& which, SimOptions options);

}  // namespace takt
