// The bottleneck of a schedule: the pool that is busy for the greatest part of the makespan,
// and when it is busiest.
#pragma once

#include <vector>

#include "base/nanos.h"
#include "model/ids.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct Bottleneck {
  PoolId pool;
  Nanos busy;                      // lane time used, summed over its lanes
  double load = 0;                 // busy / (lanes * makespan)
  // The longest stretch in which as many of its lanes run at once as ever do.
  int lanes = 0;
  Nanos from, to;
};

// Of pools with equal loads the first. Time: n log n. REQUIRES: a pool and an operation.
Bottleneck bottleneck_of(const Problem& problem, const Schedule& schedule);

}  // namespace takt
