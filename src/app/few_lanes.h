// FewLanes: a schedule on as few lanes as it takes, for plans that save energy: lanes are closed
// one after another, the last of the slowest pool first, as long as a short search still finds
// everything in time on the others. What the objective's level active_lanes then starts from:
// moves that empty a whole lane at once are not among the search's.
#pragma once

#include <optional>

#include "solve/problem.h"
#include "solve/schedule.h"
#include "solve/solve.h"

namespace takt {

// nullopt: not even on all lanes is everything in time. Deterministic for a number of steps.
// `options`: seed and handoff count. REQUIRES: the instance is periodic, without outages
std::optional<Schedule> schedule_on_few_lanes(const Instance& instance,
                                              const SolveOptions& options);

}  // namespace takt
