// The part of detect_soc() that decides: a topology and the CPUs that may be used -> Soc.
#pragma once

#include <hwloc.h>

#include <set>

#include "model/soc.h"

namespace takt {

// Without speed levels. kFailed when none of `usable` is in the topology.
Result<Soc> soc_of_topology(hwloc_topology_t topology, const std::set<int>& usable);

}  // namespace takt
