// Energetic reasoning: the lane time that a set of pools must give between two times,
// against what it has (Erschler and Lopez 1991; Baptiste, Le Pape and Nuijten 2001, ch. 4).
// Each operation counts with the mode and the place in its window that cost the least.
#pragma once

#include <optional>

#include "solve/bounds/lane_sets.h"
#include "solve/bounds/windows.h"

namespace takt {

// More is asked of a set than it has: proof that the windows cannot all be kept.
struct Overload {
  size_t set = 0;                   // index into LaneSets::sets()
  Nanos from, to;
  Nanos asked, offered;             // lane time, asked > offered
};

// Lane time of the set that `op` takes in [from, to) at least.
Nanos least_energy(const Windows& windows, const LaneSet& set, uint32_t op, Nanos from, Nanos to);

// The overload whose ratio asked / offered is greatest among those found: intervals between
// earliest starts and latest ends, for operations inside them; and, for a sample of intervals,
// with what operations that stick out must take. `steps` is reduced by the work done.
std::optional<Overload> worst_overload(const LaneSets& sets, const Windows& windows,
                                       int64_t& steps);

}  // namespace takt
