// Destructive bounds: assume that a level is at most X, tighten, meet a contradiction: then
// it is more than X (Klein and Scholl 1999).
#pragma once

#include <array>
#include <cstdint>

#include "model/objective.h"
#include "solve/bounds/lane_sets.h"
#include "solve/bounds/windows.h"

namespace takt {

// What a schedule is asked to keep: at most `most` of each level (INT64_MAX: any), and, when
// `in_window`, to end by the horizon.
struct Limits {
  std::array<int64_t, kLevelCount> most;
  bool in_window = false;

  Limits() { most.fill(INT64_MAX); }
  int64_t& operator[](Level level) { return most[static_cast<size_t>(level)]; }
  int64_t operator[](Level level) const { return most[static_cast<size_t>(level)]; }
};

// The windows of the schedules within `limits`, as far as limits say something about windows.
Windows windows_within(const Problem& problem, const Limits& limits);

// Tightens to a fixed point and tests; true: proof that nothing keeps all windows.
bool refuted(const LaneSets& sets, Windows& windows, int64_t& steps);

// The greatest bound <= `high` of `level` that could be proven, at least `low`, for the
// schedules within `limits`: bisection while `steps` (operations looked at, roughly) last.
// Call it again with what it returned as `low` and more steps to go on. REQUIRES: low <= high,
// `low` is a bound.
int64_t destructive_bound(const Problem& problem, const LaneSets& sets, Limits limits,
                          Level level, int64_t low, int64_t high, int64_t& steps);

}  // namespace takt
