#include "app/few_lanes.h"

#include <algorithm>
#include <vector>

namespace takt {
namespace {

// Per attempt; a lane that this does not empty stays.
constexpr int64_t kSteps = 300;

// How long a pool takes for what it can do, of all that can be done on one of its lanes.
Nanos work_on(const Instance& instance, PoolId pool) {
  Nanos work;
  for (const Operation& op : instance.operations)
    for (const Mode& mode : op.modes)
      if (mode.demands.size() == 1 && mode.demands[0].pool == pool && mode.demands[0].count == 1)
        work += mode.duration;
  return work;
}

// In the order in which they are closed.
std::vector<LaneId> closing_order(const Instance& instance) {
  std::vector<std::pair<Nanos, uint32_t>> pools;
  for (uint32_t pool = 0; pool < instance.pools.size(); ++pool)
    pools.emplace_back(work_on(instance, PoolId(pool)), pool);
  std::stable_sort(pools.begin(), pools.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<LaneId> lanes;
  for (const auto& [work, pool] : pools) {
    const std::vector<LaneId>& of_pool = instance.pools[pool].lanes;
    lanes.insert(lanes.end(), of_pool.rbegin(), of_pool.rend());
  }
  return lanes;
}

bool all_in_time(const Score& score) {
  return score.overrun == Nanos(0) && score[Level::kHardMisses] == 0 &&
         score[Level::kFirmMisses] == 0 && score[Level::kSoftTardiness] == 0;
}

}  // namespace

std::optional<Schedule> schedule_on_few_lanes(const Instance& instance,
                                              const SolveOptions& options) {
  SolveOptions search = options;
  search.objective = default_objective(instance);
  search.steps = kSteps;
  search.use_whole_budget = false;
  search.hint.reset();
  search.cpsat_library.clear();
  Instance open = instance;
  const auto attempt = [&]() -> std::optional<Schedule> {
    SolveResult result = solve(Problem(open), search);
    if (!all_in_time(result.score)) return std::nullopt;
    return std::move(result.schedule);
  };
  std::optional<Schedule> best = attempt();
  for (const LaneId lane : closing_order(instance)) {
    if (!best || open.outages.size() + 1 == instance.lane_names.size()) break;
    open.outages.push_back({lane, Nanos(0), instance.horizon});
    std::sort(open.outages.begin(), open.outages.end(),
              [](const Outage& a, const Outage& b) { return a.lane < b.lane; });
    if (std::optional<Schedule> fewer = attempt()) {
      best = std::move(fewer);
    } else {
      std::erase_if(open.outages, [&](const Outage& outage) { return outage.lane == lane; });
    }
  }
  return best;
}

}  // namespace takt
