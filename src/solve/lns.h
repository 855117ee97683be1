// Lns: large neighbourhood search over all levels. A step takes a few operations out of the plan
// and puts them back another way, at the cost of what moves (MovablePlan, Repair). Adaptive
// choice of neighbourhoods (Ropke and Pisinger 2006), late acceptance (Burke and Bykov 2017)
// over Ranking, rounds that start from an elite set.
//
// It starts from constructions, among them every operation at width 1, 2, 4, ... and the widths
// that suit each; each elite gets a short round before any gets a long one, so that free widths
// do not end behind the best fixed width. Later rounds start from an elite after a few steps
// that are taken whatever they bring, or from a new construction: with the first levels settled
// the search cannot leave a valley otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "solve/adaptive_choice.h"
#include "solve/blackboard.h"
#include "solve/builder.h"
#include "solve/guidance.h"
#include "solve/movable_plan.h"
#include "solve/moves/neighbourhood.h"
#include "solve/orders.h"
#include "solve/repair.h"
#include "solve/score_keeper.h"

namespace takt {

struct LnsOptions {
  uint64_t seed = 1;
  Nanos handoff;                       // see Builder
  // Reads the blackboard's schedules and settled levels while it runs. Without, only at the
  // start of run(), so that the steps depend on the seed and on what is there then alone.
  bool exchange = false;
  // Constructions to start from besides take(); false when a good schedule is there already.
  bool construct = true;
};

struct LnsStats {
  const char* name = "";
  int64_t steps = 0, accepted = 0, improved = 0;      // improved: progress of its round
};

class Lns {
 public:
  // Both must outlive it. One thread at a time.
  Lns(const Problem& problem, Blackboard& board, const LnsOptions& options);

  // At most so many steps (a construction counts as one), fewer when the board says stop.
  // Returns how many. Offers every improvement to the board.
  int64_t run(int64_t steps);
  // A schedule to start a round from. REQUIRES: valid.
  void take(const Schedule& schedule);

  std::vector<LnsStats> stats() const;

 private:
  struct Elite {
    Schedule schedule;
    Score score;
    int64_t rounds = 0;
  };
  struct Operator {
    std::unique_ptr<Neighbourhood> neighbourhood;
    LnsStats stats;
  };

  void construct_next();
  void construct_at_random(Schedule& out);
  void add_elite(const Schedule& schedule, const Score& score);
  void sort_elites();
  void begin_round();
  void start_from(Elite& elite);
  void end_round();
  void step();
  bool try_selection();
  bool judge();                        // whether the change was taken
  void look_at_board();
  bool publish(const Schedule& schedule, const Score& score);

  const Problem& problem_;
  Blackboard& board_;
  const LnsOptions options_;
  Ranking ranking_;
  Rng rng_;
  std::vector<int64_t> rank_;
  MovablePlan plan_;
  ScoreKeeper keeper_;
  Repair repair_;
  Selection selection_;
  std::vector<Operator> operators_;
  AdaptiveChoice operator_choice_, size_choice_;
  uint64_t board_version_ = 0;

  // Constructions still to make: order and mode rule.
  std::vector<std::pair<Order, int>> to_construct_;
  std::unique_ptr<Builder> builder_;

  std::vector<Elite> elites_;
  bool in_round_ = false;
  bool guided_ = false;                // this round
  Score round_from_;                   // of the elite it started from
  int kicks_ = 0;                      // steps that are taken whatever they bring
  int64_t patience_ = 0, fruitless_ = 0, round_step_ = 0;
  std::vector<Guided> history_;
  Guided now_, round_best_;
  Schedule round_schedule_;
  int64_t now_advanced_ = 0, best_advanced_ = 0;       // how often, on the level at hand
  size_t effort_ = 0;                  // operations that the step touched
  Score published_;                    // the best that was offered
  bool any_published_ = false;
};

}  // namespace takt
