// Neighbourhood: what one step of the large neighbourhood search takes out of a plan, and how it
// is put back. One file each; neighbourhoods() lists them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "solve/movable_plan.h"
#include "solve/repair.h"
#include "solve/score.h"
#include "solve/score_keeper.h"

namespace takt {

// What is chosen in one step. Reused from step to step.
class Selection {
 public:
  Selection(const MovablePlan& the_plan, const ScoreKeeper& its_score, Rng& random)
      : plan(the_plan), keeper(its_score), rng(random), chosen_at_(plan.problem().size(), 0) {}

  const MovablePlan& plan;
  const ScoreKeeper& keeper;
  Rng& rng;

  size_t size = 0;                     // operations to take out, about
  RepairPolicy policy;                 // of preset_policy(); a neighbourhood may change it
  std::vector<uint32_t> ops;           // the choice
  std::vector<std::pair<uint32_t, Nanos>> floors;    // of operations, in `ops` or not
  std::vector<char> banned;            // for policy.banned

  void clear() {
    ++step_;
    ops.clear();
    floors.clear();
  }
  bool full() const { return ops.size() >= size; }
  bool chosen(uint32_t op) const { return chosen_at_[op] == step_; }
  // Ignores what is committed or chosen already.
  void add(uint32_t op) {
    if (chosen(op) || plan.problem().commitment(op)) return;
    chosen_at_[op] = step_;
    ops.push_back(op);
  }
  bool empty() const { return ops.empty() && floors.empty(); }
  // Draws how the operations are put back: any mix of orders, mode rules and pushes.
  void preset_policy();
  // Draws how much their order may change, for orders by start.
  void draw_noise();
  // Any that is not committed, when there is one.
  uint32_t random_op();

 private:
  std::vector<uint64_t> chosen_at_;
  uint64_t step_ = 0;
};

class Neighbourhood {
 public:
  virtual ~Neighbourhood() = default;
  virtual const char* name() const = 0;
  // Whether it can do anything for this problem and objective.
  virtual bool applies(const Problem& problem, const Objective& objective) const;
  // Choosing nothing is allowed: the step does nothing.
  virtual void select(Selection& out, const Ranking& ranking) = 0;
};

std::unique_ptr<Neighbourhood> around_operation();
std::unique_ptr<Neighbourhood> critical_region();
std::unique_ptr<Neighbourhood> empty_lane();
std::unique_ptr<Neighbourhood> even_responses();
std::unique_ptr<Neighbourhood> group_mode();
std::unique_ptr<Neighbourhood> job_set();
std::unique_ptr<Neighbourhood> lane_stretch();
std::unique_ptr<Neighbourhood> narrower();
std::unique_ptr<Neighbourhood> task_set();
std::unique_ptr<Neighbourhood> time_window();

// Those that apply.
std::vector<std::unique_ptr<Neighbourhood>> neighbourhoods(const Problem& problem,
                                                           const Objective& objective);

bool has_level(const Objective& objective, Level level);

}  // namespace takt
