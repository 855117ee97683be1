// Width buys path length with lane time: bounds that see both at once.
#pragma once

#include "base/nanos.h"
#include "solve/bounds/lane_sets.h"
#include "solve/problem.h"

namespace takt {

// For any path P of operations [first, end) and weight u in [0, 1],
//   last end - from >= u * length(P) + (1 - u) * work / lanes
// holds for the modes a schedule chose; each operation in the mode that makes the right side
// least keeps it a bound, and the best P is a longest path. `from` is the earliest head among
// them; submits do not count when `graph_ops_only`. Returns a least end of the last of them.
Nanos width_path_bound(const Problem& problem, const LaneSet& set, uint32_t first, uint32_t end,
                       bool graph_ops_only);

}  // namespace takt
