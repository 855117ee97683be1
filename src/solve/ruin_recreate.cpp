#include "solve/ruin_recreate.h"

#include "solve/orders.h"

namespace takt {
namespace {

// Operations a step takes out, at most: mostly few, as the time of a step grows with them; now and
// then more, or plans stay where no few can improve them. Shares of 0 and of 0.7 left replans of
// 20 ms about a third further behind (40 windows, 6 seeds; one such figure is good to a seventh).
constexpr uint64_t kFew = 8, kMore = 20;
constexpr double kMoreShare = 0.2;
// Operations that may be pushed before a step is given up: next to all of them.
constexpr size_t kPushedMost = 400;

}  // namespace

RuinRecreate::RuinRecreate(const Problem& problem, const Ranking& ranking, Nanos handoff,
                           uint64_t seed)
    : ranking_(ranking),
      rng_(seed * 0x9e3779b97f4a7c15ull + 1),
      rank_(keys_of(problem, {})),
      plan_(problem, handoff),
      keeper_(problem),
      repair_(plan_, rank_),
      selection_(plan_, keeper_, rng_),
      neighbourhoods_(neighbourhoods(problem, ranking.objective())) {}

void RuinRecreate::start(const Schedule& schedule) {
  plan_.load(schedule);
  keeper_.reset(plan_);
  now_ = Guided::of(keeper_);
  fruitless_ = 0;
}

void RuinRecreate::step() {
  ++fruitless_;
  selection_.clear();
  selection_.preset_policy();
  selection_.size = 2 + rng_.below((rng_.unit() < kMoreShare ? kMore : kFew) - 1);
  neighbourhoods_[rng_.below(neighbourhoods_.size())]->select(selection_, ranking_);
  if (!try_selection()) return;
  keeper_.update(plan_);
  const Guided found = Guided::of(keeper_);
  const auto order = compare_levels(ranking_, found, now_);
  if (order > 0) {
    plan_.undo();
    keeper_.undo();
    return;
  }
  now_ = found;
  if (order < 0) fruitless_ = 0;
}

bool RuinRecreate::try_selection() {
  if (selection_.empty()) return false;
  selection_.draw_noise();
  plan_.begin(8 * selection_.ops.size() + kPushedMost);
  if (repair_.run(selection_.ops, selection_.floors, selection_.policy, rng_)) return true;
  plan_.undo();
  return false;
}

}  // namespace takt
