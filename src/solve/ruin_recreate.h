// RuinRecreate: what a plan gains in milliseconds. A step takes a few operations out and puts them
// back another way (Schrimpf, Schneider, Stamm-Wilbrandt and Dueck 2000); it is taken when no
// level gets worse before another gets better. What Lns has for a long search, elites, late
// acceptance and learned choices, costs more steps than there are here.
//
// One thread at a time. After the first steps nothing is allocated.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/rng.h"
#include "solve/guidance.h"
#include "solve/movable_plan.h"
#include "solve/moves/neighbourhood.h"
#include "solve/repair.h"
#include "solve/score_keeper.h"

namespace takt {

class RuinRecreate {
 public:
  // `problem` and `ranking` must outlive it. `handoff`: see Builder.
  RuinRecreate(const Problem& problem, const Ranking& ranking, Nanos handoff, uint64_t seed);

  // From here on; what can start earlier does. REQUIRES: valid.
  void start(const Schedule& schedule);
  // One trial. REQUIRES: start() was called.
  void step();

  // The plan as it is: on its levels the best since start().
  const Schedule& schedule() const { return plan_.schedule(); }
  const Score& score() const { return now_.score; }
  // Steps since it got better on a level.
  int64_t fruitless() const { return fruitless_; }

 private:
  bool try_selection();

  const Ranking& ranking_;
  Rng rng_;
  const std::vector<int64_t> rank_;
  MovablePlan plan_;
  ScoreKeeper keeper_;
  Repair repair_;
  Selection selection_;
  std::vector<std::unique_ptr<Neighbourhood>> neighbourhoods_;
  Guided now_;
  int64_t fruitless_ = 0;
};

}  // namespace takt
