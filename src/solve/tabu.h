// TabuSearch: short-term memory search over the solution graph of a one-lane problem
// (Nowicki and Smutnicki 1996; Mastrolilli and Gambardella 2000). Each step takes the best
// move of one critical path that is not forbidden, and forbids to undo it for a while.
//
// Deterministic for a seed. Not thread-safe: one per thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/rng.h"
#include "solve/moves/insertion.h"
#include "solve/moves/tabu_list.h"
#include "solve/solution_graph.h"

namespace takt {

class TabuSearch {
 public:
  TabuSearch(const OneLaneView& view, uint64_t seed);

  // Searches from `start` until `patience` steps in a row found nothing better, `steps_most`
  // are done, no move is left, the makespan reaches `good_enough`, or stop() says so (asked
  // every kStopEvery steps).
  void run(const Sequencing& start, int64_t patience, int64_t steps_most, int64_t good_enough,
           const std::function<bool()>& stop);

  const Sequencing& best() const { return best_; }
  int64_t best_makespan() const { return best_makespan_; }
  int64_t steps() const { return steps_; }             // of all runs

  static constexpr int64_t kStopEvery = 64;

 private:
  bool step();
  void random_critical_path();
  uint64_t tenure();
  void keep_best();

  SolutionGraph graph_;
  InsertionMoves moves_;
  TabuList tabu_;
  Rng rng_;
  std::vector<uint32_t> path_;
  std::vector<uint32_t> sources_;
  Sequencing best_;
  int64_t best_makespan_ = 0;
  int64_t steps_ = 0;
};

}  // namespace takt
