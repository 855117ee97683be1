// EliteSearch: tabu search from the solutions between good ones. A small population of local
// optima; each round relinks two of them (path relinking: Glover 1997; for job shops Peng,
// Lü and Cheng 2015, for flexible ones Ding et al. 2019), improves what lies between by tabu
// search, and puts it in the place of the worse parent or of the worst.
//
// Paths are taken in a space in which every point is a schedule: a topological order is a
// vector of positions, and any convex combination of two that agree with the precedences
// agrees with them as well. So a blend needs no repair.
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
  // Called with every solution that is the best so far.
  using OnBest = std::function<void(const SolutionGraph&)>;

  EliteSearch(const OneLaneView& view, uint64_t seed);

  // One round: one tabu search. The first ones fill the population, the very first from
  // `start`. Stops early when stop() says so or the makespan reaches `good_enough`.
  void round(const Sequencing& start, int64_t good_enough, const std::function<bool()>& stop);

  const Sequencing& best() const { return best_; }
  int64_t best_makespan() const { return best_makespan_; }
  int64_t steps() const { return tabu_.steps(); }

 private:
  struct Member {
    Sequencing solution;
    int64_t makespan = 0;
  };

  Sequencing random_solution();
  Sequencing blend(const Sequencing& a, const Sequencing& b, double share_of_b);
  double distance(const Sequencing& a, const Sequencing& b) const;
  void keep(Member member);

  const OneLaneView& view_;
  TabuSearch tabu_;
  Rng rng_;
  std::vector<Member> members_;
  Sequencing best_;
  int64_t best_makespan_ = INT64_MAX;
  int64_t rounds_without_ = 0;
};

}  // namespace takt
