// Blocking: what follows from operations that are not interrupted. One that holds the lane of a
// one-lane pool for long shuts out others that need this lane inside its stretch.
#pragma once

#include <vector>

#include "model/ids.h"
#include "solve/bounds/windows.h"

namespace takt {

// An operation that cannot do without a pool, in any usable mode.
struct Need {
  uint32_t op = 0;
  Nanos earliest, latest, duration;     // its window, its least duration
};

// Proof that not all of these windows are kept: wherever `held` starts in its own, one of `others`
// neither ends before it nor fits after it.
struct Blocking {
  PoolId pool;                          // of one lane
  Need held;
  std::vector<Need> others;             // as few as prove it, ascending by the starts they forbid
};

// By pool and time, those found among the operations that need a one-lane pool. With pool-mate k
// in window [a, b], of duration q, an operation of duration p cannot start in the open interval
// (b - q - p, a + q), as in any disjunctive pair (Carlier 1982); blocked is one whose starts are
// all forbidden. The jobs of two Blockings are disjoint, so each stands for a late job of its own
// where windows follow from the own job alone.
// REQUIRES: no contradiction. Time: n log n, times the pool-mates within a window.
std::vector<Blocking> blockings(const Windows& windows);

}  // namespace takt
