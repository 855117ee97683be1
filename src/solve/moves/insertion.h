// The k-insertion neighbourhood of Mastrolilli and Gambardella (2000): an operation of a
// critical path is taken out and put elsewhere, on its own lane or on another one. Swaps of
// neighbours and moves inside a critical block (Dell'Amico and Trubian 1993; Balas and
// Vazacopoulos 1998) are insertions on the own lane.
//
// Positions. With r the operation's head and q its tail, both without its lane, let A be the
// operations of a lane that end by r and B those whose way to the end is at most q. A is a
// prefix and B a suffix of the lane's sequence. Putting the operation behind A and before B
// makes no cycle: a way from one of its successors to an operation that stays before it
// would make that one's rest shorter than q or its end later than r, and the other way round.
// No position outside is better (their Theorem 1); where A and B overlap every position
// there is equally good for the operation, and one of them is taken at random.
//
// Estimate. `through` is an upper bound on the longest way through the operation after the
// move: heads before it and tails behind it can only get smaller when it is taken out, and
// those of the graph as it is are used (on the own lane: passed on along the lane). Debug
// builds check it after every move. `around` is the longest way through the lane neighbours
// it leaves behind, an upper bound of the same kind. Garcia Gomez et al. (2026) show that
// published *lower* bounds on such moves do not hold; none is used here.
#pragma once

#include <cstdint>

#include "base/rng.h"
#include "solve/moves/tabu_list.h"
#include "solve/solution_graph.h"

namespace takt {

struct MoveEstimate {
  Insertion move;
  int64_t through = 0;
  int64_t around = 0;
  int64_t extra_work = 0;      // duration there less the duration now
  bool tabu = false;

  int64_t worst() const { return through > around ? through : around; }
};

// Keeps the best move seen, among equals a random one; of the forbidden ones only those that
// promise better than `aspiration`. Moves are compared by their estimate plus `work_weight`
// sixteenths of the extra work: where every lane is full, total work decides what is possible,
// and the longest way alone does not see it.
class MovePicker {
 public:
  static constexpr int64_t kWholeWork = 16;

  MovePicker(int64_t aspiration, int64_t work_weight, Rng& rng)
      : aspiration_(aspiration), work_weight_(work_weight), rng_(rng) {}

  void consider(const MoveEstimate& estimate) {
    ++seen_;
    if (rng_.below(seen_) == 0) any_ = estimate;
    const int64_t worst = estimate.worst();
    if (estimate.tabu && worst >= aspiration_) return;
    const int64_t key = kWholeWork * worst + work_weight_ * estimate.extra_work;
    if (ties_ > 0 && key > key_) return;
    ties_ = ties_ > 0 && key == key_ ? ties_ + 1 : 1;
    key_ = key;
    if (ties_ == 1 || rng_.below(ties_) == 0) best_ = estimate;
  }
  // Nothing when there was no move at all; a random one when all are forbidden.
  const MoveEstimate* pick() const { return ties_ > 0 ? &best_ : seen_ > 0 ? &any_ : nullptr; }

 private:
  const int64_t aspiration_, work_weight_;
  Rng& rng_;
  uint64_t seen_ = 0, ties_ = 0;
  int64_t key_ = 0;
  MoveEstimate best_, any_;
};

class InsertionMoves {
 public:
  explicit InsertionMoves(const SolutionGraph& graph) : graph_(graph) {}

  // Shows every move of `op` to the picker. REQUIRES: `op` is critical.
  void visit(uint32_t op, const TabuList& tabu, uint64_t now, Rng& rng,
             MovePicker& picker) const;

  // What may not be undone until `until`. REQUIRES: called before `move` is applied.
  void forbid(const Insertion& move, TabuList& tabu, uint64_t until) const;

 private:
  void on_other_lane(uint32_t op, uint32_t alternative, MoveEstimate estimate, Rng& rng,
                     MovePicker& picker) const;
  void on_own_lane(uint32_t op, int64_t around, const TabuList& tabu, uint64_t now, Rng& rng,
                   MovePicker& picker) const;
  int64_t around(uint32_t op) const;
  uint32_t lane_attribute(uint32_t lane) const { return graph_.size() + lane; }

  const SolutionGraph& graph_;
};

}  // namespace takt
