#include "app/announced.h"

#include <algorithm>
#include <optional>

#include "base/time_text.h"

namespace takt {
namespace {

std::optional<PoolId> pool_named(const Instance& base, const std::string& name) {
  for (uint32_t pool = 0; pool < base.pools.size(); ++pool)
    if (base.pools[pool].name == name) return PoolId(pool);
  return std::nullopt;
}

// How long after its release a job may run.
Nanos longest_deadline(const Instance& base) {
  Nanos longest;
  for (const Job& job : base.jobs)
    longest = std::max(longest, job.deadline == Nanos::max() ? base.horizon
                                                             : job.deadline - job.release);
  return longest;
}

}  // namespace

Status check_throttling(const Workload& workload, const Instance& base, const std::string& path) {
  for (const Throttling& one : workload.throttling) {
    if (pool_named(base, one.cluster)) continue;
    std::string known;
    for (const Pool& pool : base.pools) known += ' ' + pool.name;
    return bad_input(path + ": throttling: the SoC has no cluster '" + one.cluster + "'; known:" +
                     known);
  }
  return {};
}

std::vector<SpeedChange> speed_changes(const Workload& workload, const Instance& base,
                                       Nanos from) {
  std::vector<SpeedChange> changes;
  for (const Throttling& one : workload.throttling)
    if (const std::optional<PoolId> pool = pool_named(base, one.cluster))
      changes.push_back({from + one.at, *pool, one.pct});
  return changes;
}

Conditions with_announced(Conditions measured, const std::vector<SpeedChange>& announced,
                          Nanos origin, Nanos from, Nanos to, const Instance& base) {
  if (announced.empty()) return measured;
  std::vector<uint32_t> at_from(base.pools.size(), 100);
  const Nanos until = to + longest_deadline(base);
  for (const SpeedChange& change : announced) {
    if (change.at >= until) break;
    if (change.at <= from) {
      at_from[change.pool.value()] = change.speed_pct;
    } else {
      const uint32_t pct = std::min(change.speed_pct, measured.speed_of(change.pool));
      measured.speed_changes.push_back({change.at - origin, change.pool, pct});
    }
  }
  for (uint32_t pool = 0; pool < at_from.size(); ++pool) {
    if (at_from[pool] >= measured.speed_of(PoolId(pool))) continue;
    measured.speed_pct.resize(base.pools.size(), 100);
    measured.speed_pct[pool] = at_from[pool];
  }
  return measured;
}

std::vector<std::string> thermal_disturbances(const Workload& workload) {
  std::vector<std::string> texts;
  const std::vector<Throttling>& all = workload.throttling;
  for (auto at = all.begin(); at != all.end(); ++at) {
    if (at->pct == 100) continue;
    std::string text = "thermal:cluster=" + at->cluster + ",pct=" + std::to_string(at->pct) +
                       ",at=" + format_time(at->at);
    const auto next = std::find_if(at + 1, all.end(), [&](const Throttling& later) {
      return later.cluster == at->cluster;
    });
    if (next != all.end()) text += ",for=" + format_time(next->at - at->at);
    if (next == all.end() || next->at > at->at) texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace takt
