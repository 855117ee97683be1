// EliteStream: tabu search with path relinking (elite.h) as an engine: starts from the best
// schedule of the board and offers what it finds.
#pragma once

#include <cstdint>

#include "solve/blackboard.h"
#include "solve/elite.h"
#include "solve/engines/solve_context.h"
#include "solve/one_lane.h"
#include "solve/solution_graph.h"

namespace takt {

class EliteStream {
 public:
  // Whether the search is of use: one-lane modes, and no level before makespan could be the
  // worse for it.
  static bool supports(const Problem& problem, const Objective& objective);

  // REQUIRES: supports(), and the board has a schedule. Both outlive it. One thread at a time.
  EliteStream(const Problem& problem, Blackboard& board, uint64_t seed);

  // Until the budget is used, the board stops or makespan is proven. Returns the steps done; a
  // round counts as one, so that rounds without moves come to an end as well.
  int64_t run(const Budget& budget);

 private:
  void offer();

  Blackboard& board_;
  OneLaneView view_;
  EliteSearch search_;
  SolutionGraph graph_;                // from schedules to sequencings and back
  Sequencing start_;
  int64_t offered_ = INT64_MAX;        // makespan
};

}  // namespace takt
