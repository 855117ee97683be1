// Home lanes: partitioned scheduling. The k-th operation of every job of a task gets one mode and
// one lane for good, its home. Where long operations are not interrupted, this keeps them off the
// lanes of the tasks that cannot wait so long, which a greedy construction, one job at a time,
// does not see and a search has to find out job by job.
#pragma once

#include <optional>

#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

// A schedule in which every hard and firm job is in time and ends in the window, or nothing.
// First fit decreasing (Johnson 1973; for partitions of tasks: Dhall and Liu 1978) by utilisation:
// the home with the least duration, then on the fullest lane, with which list scheduling by latest
// start keeps all deadlines, while what has no home yet takes its least time and no lane. What
// finds no home goes first in the next round ("squeaky wheel": Joslin and Clements 1999), for as
// many rounds as there are homes to find, while `steps` (operations placed) last. Nothing where a
// job has no one-lane modes, jobs of a task differ in their operations, or anything is committed,
// grouped or too long even alone.
std::optional<Schedule> on_home_lanes(const Problem& problem, Nanos handoff, int64_t steps);

}  // namespace takt
