// Bounds: values no schedule of a Problem can beat, one per objective level, each valid
// on its own (whatever the other levels are). docs/planning.md says why they hold.
#pragma once

#include <cstdint>
#include <vector>

#include "base/nanos.h"
#include "model/plan.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct Bounds {
  int64_t hard_misses = 0;
  int64_t firm_misses = 0;
  Nanos soft_tardiness;
  Nanos makespan;
};

Bounds bounds_of(const Problem& problem);

// The levels of a plan with this score: hard_misses, firm_misses, soft_tardiness (when
// any job has a deadline) and makespan. REQUIRES: score within the bounds.
std::vector<ObjectiveLevel> objective_of(const Problem& problem, const ListScore& score,
                                         const Bounds& bounds);

// Whether no schedule is better on any published level.
bool meets(const ListScore& score, const Bounds& bounds);

// A resource whose work can be added up: the lanes of one pool, or all lanes.
struct Capacity {
  PoolId pool;                      // not valid: all lanes
  int64_t lanes = 0;
  std::vector<Nanos> work;          // per operation: least lane time it takes here
};
std::vector<Capacity> capacities_of(const Problem& problem);

}  // namespace takt
