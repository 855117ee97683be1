// One instance of examples/instances/robot.py.
#pragma once

#include <string>

#include "app/simulation.h"
#include "base/result.h"
#include "bench/suites.h"
#include "model/instance.h"

namespace takt::bench {

struct RobotCase {
  int ops = 0, load_pct = 80;
  int fixed_width = 0;               // 0: free
  int committed_pct = 0;             // of the window
  int seed = 1;
  bool periodic = false;             // the window repeats

  std::string name() const;
};

// Generated into the work directory and read from there.
Result<Instance> generate(const RobotCase& which, const Options& options);

// The mission of the suites `policies` and `windows`: 180 operations a window (policy, estimator,
// dronet and detector), again and again, with the plan of what fits.
Result<SimCase> planned_robot(int load_pct, const Options& options);

}  // namespace takt::bench
