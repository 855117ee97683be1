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
// checked). `hint`: a valid schedule to start from, or nullptr.
Result<LevelRun> run_levels(const Instance& instance, const RunLimits& limits,
                            const Schedule* hint = nullptr);

// How a plan compares with a reference on the first level on which they differ.
struct LevelGap {
  std::string level;                 // empty: on none
  double raw_pct = 0;                // of the reference's value; below 0: better
  double scaled_pct = 0;             // of what the level is measured in, see scaled_gap_pct()
};
LevelGap first_gap(const Instance& instance, const Score& score, const Score& reference);

// The difference on a level in per cent of its scale, which does not vanish where the value does:
// misses, of the jobs with that criticality that have a deadline; tardiness, of the weighted times
// from release to deadline of those jobs; jitter and all that has no better one, of the reference.
double scaled_gap_pct(const Instance& instance, Level level, const Score& score,
                      const Score& reference);

// The worst gap_pct of these levels.
double worst_gap_pct(const nlohmann::json& levels);

// How far `levels` are behind `reference`, of the same objective, in per cent: the worst level,
// up to the first that is better, as what comes after that may be its price. Tardiness and jitter
// are compared with a tenth of the reference's makespan where they are less than that.
double behind_pct(const std::vector<ObjectiveLevel>& levels,
                  const std::vector<ObjectiveLevel>& reference);

}  // namespace takt::bench
