// What follows from operations that exclude each other: those that need a one-lane pool, or
// more than half of the lanes of a pool. Overload, edge finding, detectable precedences and
// not-last on theta trees (Vilim 2007), each both ways in time; modes that would overload
// a pool are dropped (there: optional activities).
#pragma once

#include "solve/bounds/lane_sets.h"
#include "solve/bounds/windows.h"

namespace takt {

// One round over all pools: O(n log n) for n operations. False: contradiction.
bool tighten_disjunctive(const LaneSets& sets, Windows& windows);

}  // namespace takt
