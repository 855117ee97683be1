// Search: Problem -> the best Schedule found. Several priority rules first, then, within
// a budget, changes of rule per task and a local search on what is critical.
//
// Deterministic: the same problem, seed and budget give the same schedule, as long as no
// time limit cuts the budget short. One thread.
#pragma once

#include <cstdint>

#include "base/nanos.h"
#include "solve/bounds.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct SearchOptions {
  uint64_t seed = 1;
  // Budget in operations placed: 1000 operations placed 50 times are 50,000.
  // 0: chosen by size, some tens of milliseconds; about half a second while the schedule
  // does not fit its window or misses hard or firm deadlines that it might meet.
  int64_t placements = 0;
  Nanos time_limit = Nanos::max();      // stops earlier when this has passed
  Nanos handoff;                        // see Builder
};

struct SearchResult {
  Schedule schedule;
  ListScore score;
  Bounds bounds;
  int64_t builds = 0;                   // schedules constructed
  Nanos first_time, best_time, total_time;
};

SearchResult search(const Problem& problem, const SearchOptions& options = {});

}  // namespace takt
