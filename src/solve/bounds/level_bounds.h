// Bounds of all levels at once, cheap enough to be had before the search begins.
#pragma once

#include <array>
#include <cstdint>

#include "model/objective.h"
#include "solve/bounds/destructive.h"
#include "solve/bounds/lane_sets.h"
#include "solve/problem.h"

namespace takt {

struct LevelBounds {
  std::array<int64_t, kLevelCount> value{};

  int64_t operator[](Level level) const { return value[static_cast<size_t>(level)]; }
  int64_t& operator[](Level level) { return value[static_cast<size_t>(level)]; }
};

// No schedule within `limits` is better on any level. destructive_bound() goes on from here.
// Time: about n log n; makespan's is sharpened while `steps` last.
LevelBounds level_bounds(const Problem& problem, const LaneSets& sets, const Limits& limits = {},
                         int64_t steps = 100'000);

// Least end of the graph operations of every job, whatever the other jobs do.
std::vector<Nanos> earliest_completions(const Problem& problem, const LaneSets& sets);

}  // namespace takt
