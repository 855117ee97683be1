// One run of takt's solve() on an instance of several levels: what it knew of each level at
// which time.
#pragma once

#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "bench/solver_run.h"
#include "solve/solve.h"

namespace takt::bench {

struct LevelRun {
  std::vector<std::pair<Nanos, Score>> scores;
  std::vector<std::tuple<Nanos, Level, int64_t>> bounds;
  SolveResult result;

  // [{"name", "value", "bound", "gap_pct"}] as known at `time`, in the order of the objective;
  // null before the first plan.
  nlohmann::json levels_at(Nanos time) const;
};

// From a fresh state, default objective. The clock starts before the Problem is laid out.
// kFailed when verify() rejects the plan (one that overruns its window is none and is not
// checked).
Result<LevelRun> run_levels(const Instance& instance, const RunLimits& limits);

// The worst gap_pct of these levels.
double worst_gap_pct(const nlohmann::json& levels);

// How far `levels` are behind `reference`, of the same objective, in per cent: the worst level,
// up to the first that is better, as what comes after that may be its price. Tardiness and jitter
// are compared with a tenth of the reference's makespan where they are less than that.
double behind_pct(const std::vector<ObjectiveLevel>& levels,
                  const std::vector<ObjectiveLevel>& reference);

}  // namespace takt::bench
