// Placement: which lanes are to run an operation that has just become ready. Over individual
// lanes, from what each has to do now, never over clusters.
#pragma once

#include <algorithm>
#include <span>

#include "dispatch/policy.h"

namespace takt {

// Up to `width` usable lanes of `allowed` that would be done first with `work` more (time at
// full speed), slow lanes counting longer: (backlog + work) * 100 / speed_pct. Equal ones:
// awake, then fast, then low number first. Fewer than `width`, or none, when fewer are usable.
// Deterministic; allocates nothing. REQUIRES: at most LaneMask::kMaxLanes loads, each lane once
LaneMask select_least_loaded(std::span<const LaneLoad> loads, const LaneMask& allowed,
                             uint32_t width, Nanos work = Nanos(0));

// The usual place(): the least loaded of all lanes.
inline LaneMask place_least_loaded(const Candidate& c, std::span<const LaneLoad> loads,
                                   uint32_t widest) {
  return select_least_loaded(loads, LaneMask::first(LaneMask::kMaxLanes), std::max(widest, 1u),
                             c.duration);
}

// The time (backlog + work) * 100 / speed_pct; max() for a lane that stands still (speed 0).
Nanos done_at(const LaneLoad& load, Nanos work);

}  // namespace takt
