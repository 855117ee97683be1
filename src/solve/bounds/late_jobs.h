// Bounds on late jobs by relaxing a set of pools to one machine, as fast as all its lanes
// together, that may be interrupted.
#pragma once

#include <span>
#include <vector>

#include "base/nanos.h"

namespace takt {

struct JobLoad {
  Nanos release, deadline;
  Nanos work;                     // lane time of the set it needs at least
};

// Fewest late jobs: for several times r, those released at r or later as if all were released
// at r: Moore and Hodgson's rule (1968), exact for that relaxation.
int64_t fewest_late(std::vector<JobLoad> jobs, int64_t lanes);

// Least total tardiness: the k-th completion of shortest-remaining-time-first is a lower bound
// of the k-th completion of any schedule, and so against the k-th due date (Chu 1992).
Nanos least_tardiness(std::vector<JobLoad> jobs, int64_t lanes);

}  // namespace takt
