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
