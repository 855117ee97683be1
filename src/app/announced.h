// Throttling that is announced (Workload::throttling), as windows are planned for it.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/conditions.h"
#include "model/instance.h"
#include "model/workload.h"

namespace takt {

// kUsage: a cluster that none of the instance's pools is.
Status check_throttling(const Workload& workload, const Instance& base, const std::string& path);

// By time, absolute: the mission began at `from`. REQUIRES: check_throttling()
std::vector<SpeedChange> speed_changes(const Workload& workload, const Instance& base, Nanos from);

// What is measured, and what is announced for the jobs of a window [from, to) and those before it
// that go on in it: where both say something the lower speed counts. `announced`, `from` and `to`
// are absolute; the conditions count from `origin`, as the base does.
Conditions with_announced(Conditions measured, const std::vector<SpeedChange>& announced,
                          Nanos origin, Nanos from, Nanos to, const Instance& base);

// The same as disturbances of a simulation (sim/disturbance.h): what is announced happens.
std::vector<std::string> thermal_disturbances(const Workload& workload);

}  // namespace takt
