// EliteSearch: tabu search from the solutions between good ones. Two local optima; each round
// relinks them (path relinking: Glover 1997; for job shops Peng, Lü and Cheng 2015; with two
// individuals for flexible ones Ding et al. 2019), improves a solution that lies between by
// tabu search, and lets it replace the worse one. When nothing improves any more, one of the
// two starts afresh.
//
// Paths are taken in a space in which every point is a schedule: a topological order is a
// vector of positions, and any convex combination of two that agree with the precedences
// agrees with them as well. So what lies between needs no repair.
//
// Deterministic for a seed. Not thread-safe: one per thread.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/rng.h"
#include "solve/one_lane.h"
#include "solve/tabu.h"

namespace takt {

class EliteSearch {
 public:
  EliteSearch(const OneLaneView& view, uint64_t seed);

  // One tabu search: the first from `start`, then from a random solution, later from between
  // the two members. Ends early as TabuSearch::run() does.
  void round(const Sequencing& start, int64_t good_enough, const std::function<bool()>& stop);

  // REQUIRES: round() was called.
  const Sequencing& best() const { return best_; }
  int64_t best_makespan() const { return best_makespan_; }
  int64_t steps() const { return tabu_.steps(); }

 private:
  struct Member {
    Sequencing solution;
    int64_t makespan = 0;
  };

  TabuStyle random_style();
  Sequencing random_solution();
  Sequencing between(const Sequencing& a, const Sequencing& b, double share_of_b);
  void admit(Member child);
  void renew();

  const OneLaneView& view_;
  TabuSearch tabu_;
  Rng rng_;
  std::vector<Member> members_;          // two, the better one first, once filled
  Sequencing best_;
  int64_t best_makespan_ = INT64_MAX;
  int rounds_without_ = 0;               // since a member improved on the better one
  std::vector<double> key_;              // scratch
};

}  // namespace takt
