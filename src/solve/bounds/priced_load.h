// The load of all pools at once: is there a (fractional) choice of modes under which no pool
// is asked for more lane time than it has? By prices on lane time (Lagrangian duality): for
// any prices w >= 0, if the cheapest modes together cost more than w pays for, there is none.
// Good prices come from a multiplicative subgradient; what they prove is checked in integers.
#pragma once

#include "solve/bounds/lane_sets.h"
#include "solve/bounds/windows.h"

namespace takt {

// True: proof that the windows cannot all be kept. Each pool counts from the earliest start to
// the latest end of what can use it.
bool overpriced(const LaneSets& sets, const Windows& windows, int64_t& steps);

}  // namespace takt
