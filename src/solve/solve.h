// solve(): Problem -> the best Schedule found within a budget, with a bound for every level.
// The driver of the engines (engines/): constructions for a first plan, then search streams and,
// on the last thread, proofs of the levels in their order. With one thread they take turns.
// Anytime: it always returns a valid schedule, also when cancelled at once. Ends early when every
// level is proven, unless use_whole_budget.
//
// Status of a level: optimal, its value is its bound; gap, its bound is below its value; limit,
// the budget ended while no bound above 0 was known, or the schedule overruns its window and is
// no plan. Bounds hold given that the levels before have at most the values reported (or what
// their tolerance allows them).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/plan.h"
#include "solve/blackboard.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct SolveOptions {
  Objective objective;                  // empty: default_objective(instance)
  uint64_t seed = 1;
  int threads = 1;
  Nanos time_limit = seconds(10);       // wall time; kept within 50 ms
  // > 0: deterministic. The search counts steps, about this many in all, instead of looking at the
  // clock, and the result is the same for a seed whatever `threads` is; time_limit has no part in
  // it and the exact engine stays out.
  int64_t steps = 0;
  std::string cpsat_library;            // libortools; empty: the exact engine stays out
  Nanos handoff;                        // see Builder
  // Goes on when every level is proven, for short responses and little lane time.
  bool use_whole_budget = false;
  std::optional<Schedule> hint;         // a valid schedule to start from
  Blackboard::OnImprovement on_improvement;
  Blackboard::OnBound on_bound;
  std::stop_token cancel;               // may be requested at any time, from any thread
};

struct SolveResult {
  Schedule schedule;
  Score score;
  std::vector<ObjectiveLevel> levels;   // in the order of the objective
  Nanos first_at, best_at, total;       // since the call
  int64_t steps = 0;                    // of all search streams
  size_t memory_bytes = 0;              // most the process has had so far, without CP-SAT's child
  std::string exact;                    // what the exact engine did, or why it stayed out
};

SolveResult solve(const Problem& problem, const SolveOptions& options = {});

}  // namespace takt
