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

// How a run searches. No setting is best for all shops: whoever calls it varies them.
struct TabuStyle {
  uint64_t tenure = 8;         // steps a move stays forbidden at least, for short lanes
  int64_t work_weight = 0;     // see MovePicker
  int64_t patience = 10'000;   // steps in a row without a better solution that end a run
};

class TabuSearch {
 public:
  TabuSearch(const OneLaneView& view, uint64_t seed);

  // Searches from `start` until the style's patience ends, no move is left, the makespan reaches
  // `good_enough`, or stop() says so (asked every millisecond or so).
  void run(const Sequencing& start, const TabuStyle& style, int64_t good_enough,
           const std::function<bool()>& stop);

  const Sequencing& best() const { return best_; }
  int64_t best_makespan() const { return best_makespan_; }
  int64_t steps() const { return steps_; }             // of all runs

 private:
  bool step();
  void random_critical_path();
  uint64_t tenure();

  SolutionGraph graph_;
  InsertionMoves moves_;
  TabuList tabu_;
  Rng rng_;
  TabuStyle style_;
  std::vector<uint32_t> path_;
  std::vector<uint32_t> sources_;
  Sequencing best_;
  int64_t best_makespan_ = 0;
  int64_t steps_ = 0;
};

}  // namespace takt
