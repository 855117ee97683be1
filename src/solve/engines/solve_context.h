// What the engines of one solve share beside the Blackboard.
#pragma once

#include <atomic>
#include <cstdint>

#include "solve/blackboard.h"
#include "solve/problem.h"
#include "solve/solve.h"

namespace takt {

struct SolveContext {
  const Problem& problem;
  const SolveOptions& options;
  Blackboard& board;
  std::atomic<int64_t> steps{0};       // of all search streams
};

// How long an engine may go on; it also ends when the board stops.
struct Budget {
  Nanos until = Nanos::max();          // monotonic
  int64_t steps = INT64_MAX;

  Budget half(Nanos now) const {
    return {until == Nanos::max() ? until : now + (until - now) / 2,
            steps == INT64_MAX ? steps : steps / 2};
  }
};

}  // namespace takt
