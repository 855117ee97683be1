// A bound from pairs of jobs that cannot both have the lanes they are fastest with.
#pragma once

#include <cstdint>
#include <functional>

#include "solve/bounds/destructive.h"

namespace takt {

// The greatest bound of `level` below `high` (to within 1 / 512 of it) that the longest chains of
// two of the longest jobs prove, at least `low`, for the schedules within `limits`: destructive,
// with ChainPair as the test. Energy does not see what it sees: that the modes of one job which
// leave room for the other are slower. A look at `stopped` at least every millisecond or so.
// REQUIRES: low <= high, `low` is a bound.
int64_t pair_bound(const Problem& problem, Limits limits, Level level, int64_t low, int64_t high,
                   const std::function<bool()>& stopped);

}  // namespace takt
