// solve(): Problem -> the best Schedule found within a budget, with a bound for every level.
// The driver of the engines: levels one after another, each fixing the last within its
// tolerance. Anytime: it always returns a valid schedule, also when cancelled at once.
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
  // > 0: deterministic. The engines count steps, this many in all, instead of looking at the
  // clock, and the result is the same for a seed whatever `threads` is.
  int64_t steps = 0;
  std::string cpsat_library;            // libortools; empty: the exact engine stays out
  Nanos handoff;                        // see Builder
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
  int64_t steps = 0;                    // of all engines
  size_t memory_bytes = 0;              // peak of the process during the solve
  std::string exact;                    // what the exact engine did, or why it stayed out
};

SolveResult solve(const Problem& problem, const SolveOptions& options = {});

}  // namespace takt
