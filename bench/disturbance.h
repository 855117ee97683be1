// A window under way when something happens that its plan did not foresee: what a replan starts
// from. Everything that has begun is committed as it was planned; the plan of the rest is the
// guide. One thread, no clock.
#pragma once

#include <string_view>

#include "base/nanos.h"
#include "base/rng.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt::bench {

enum class Disturbance {
  kLate,        // what runs takes up to twice as long again
  kSlower,      // a task's operations that are still to run take 10 to 30 % longer
  kLaneAway,    // a lane cannot be used for 10 to 30 % of the plan's length
  kLaneLost,    // a lane cannot be used any more
  kNewJob,      // a job of at most kNewJobMost operations comes in, with the time that its like has
};
inline constexpr Disturbance kDisturbances[] = {
    Disturbance::kLate, Disturbance::kSlower, Disturbance::kLaneAway, Disturbance::kLaneLost,
    Disturbance::kNewJob};
inline constexpr uint32_t kNewJobMost = 30;
std::string_view name_of(Disturbance disturbance);

// The window of `problem`, run by `plan` until `now`, when `disturbance` happens; details are
// drawn from `rng`. Operations keep their index; those of a new job come after them. REQUIRES: the
// window has neither commitments nor outages; `plan` is valid.
Instance disturbed(const Problem& problem, const Schedule& plan, Nanos now,
                   Disturbance disturbance, Rng& rng);

}  // namespace takt::bench
