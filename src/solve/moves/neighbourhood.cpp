#include "solve/moves/neighbourhood.h"

#include <algorithm>

namespace takt {

uint32_t Selection::random_op() {
  const uint32_t n = plan.problem().size();
  auto op = static_cast<uint32_t>(rng.below(n));
  for (uint32_t tries = 0; tries < n && plan.problem().commitment(op); ++tries)
    op = op + 1 == n ? 0 : op + 1;
  return op;
}

void Selection::preset_policy() {
  policy = {};
  const uint64_t order = rng.below(10);
  policy.order = order < 6 ? RepairOrder::kByStart
                           : order < 8 ? RepairOrder::kByRank : RepairOrder::kRandom;
  const uint64_t modes = rng.below(10);
  policy.modes = modes < 3   ? RepairModes::kEarliest
                 : modes < 6 ? RepairModes::kThrifty
                 : modes < 9 ? RepairModes::kKeep
                             : RepairModes::kNarrow;
  policy.random_modes = rng.below(2) == 0 ? 0.15 : 0;
  const uint64_t push = rng.below(4);
  policy.push = push == 0 ? 0.5 : push == 1 ? 0.1 : 0;
}

void Selection::draw_noise() {
  if (policy.order != RepairOrder::kByStart || rng.below(4) == 0 || ops.empty()) return;
  Nanos first = Nanos::max(), last = Nanos::min();
  for (const uint32_t op : ops) {
    first = std::min(first, plan.start(op));
    last = std::max(last, plan.start(op));
  }
  policy.noise = Nanos(static_cast<int64_t>(rng.unit() * static_cast<double>((last - first).ns)));
}

bool Neighbourhood::applies(const Problem&, const Objective&) const { return true; }

bool has_level(const Objective& objective, Level level) {
  return std::any_of(objective.begin(), objective.end(),
                     [&](const LevelSpec& spec) { return spec.level == level; });
}

std::vector<std::unique_ptr<Neighbourhood>> neighbourhoods(const Problem& problem,
                                                           const Objective& objective) {
  std::vector<std::unique_ptr<Neighbourhood>> all;
  for (const auto& make : {time_window, lane_stretch, around_operation, job_set, task_set,
                           critical_region, group_mode, even_responses, empty_lane, narrower})
    if (auto one = make(); one->applies(problem, objective)) all.push_back(std::move(one));
  return all;
}

}  // namespace takt
