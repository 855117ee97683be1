#include "solve/bounds/blocking.h"

#include <algorithm>
#include <optional>

namespace takt {
namespace {

bool uses(const FlatMode& mode, PoolId pool) {
  return std::any_of(mode.demands.begin(), mode.demands.end(),
                     [&](const Demand& demand) { return demand.pool == pool; });
}

// The operations that cannot do without the pool and have a latest end, by earliest start.
std::vector<Need> needs_of(const Windows& windows, PoolId pool) {
  const Problem& problem = windows.problem();
  std::vector<Need> needs;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.is_submit(op) || windows.latest(op) >= kNoEnd / 2) continue;
    bool needed = true;
    for (uint32_t m = 0; m < problem.modes(op).size() && needed; ++m)
      needed = !windows.usable(op, m) || uses(problem.modes(op)[m], pool);
    if (needed)
      needs.push_back({op, windows.earliest(op), windows.latest(op), windows.least_duration(op)});
  }
  std::sort(needs.begin(), needs.end(),
            [](const Need& a, const Need& b) { return a.earliest < b.earliest; });
  return needs;
}

// The fewest of `mates` that forbid every start of `held`, of jobs that are not taken; nothing
// when a start is left.
std::optional<std::vector<Need>> shut_out(const Problem& problem, const Need& held,
                                          std::span<const Need> mates,
                                          const std::vector<char>& taken) {
  std::vector<Need> others;
  for (Nanos start = held.earliest; start <= held.latest - held.duration;) {
    const Need* farthest = nullptr;
    for (const Need& mate : mates) {
      if (problem.job_of(mate.op) == problem.job_of(held.op) || taken[problem.job_of(mate.op)])
        continue;
      const Nanos after = mate.latest - mate.duration - held.duration;
      const Nanos before = mate.earliest + mate.duration;
      if (after < start && start < before &&
          (!farthest || before > farthest->earliest + farthest->duration))
        farthest = &mate;
    }
    if (!farthest) return std::nullopt;
    others.push_back(*farthest);
    start = farthest->earliest + farthest->duration;
  }
  return others;
}

// Those that may forbid a start of `held`: windows that begin before its own ends, and no longer
// before it than the longest window.
std::span<const Need> near(const std::vector<Need>& needs, const Need& held, Nanos longest) {
  const auto first = std::lower_bound(
      needs.begin(), needs.end(), held.earliest - longest,
      [](const Need& need, Nanos time) { return need.earliest < time; });
  const auto last = std::upper_bound(
      first, needs.end(), held.latest,
      [](Nanos time, const Need& need) { return time < need.earliest; });
  return {first, last};
}

}  // namespace

std::vector<Blocking> blockings(const Windows& windows) {
  const Problem& problem = windows.problem();
  const Instance& instance = problem.instance();
  std::vector<Blocking> found;
  std::vector<char> taken(instance.jobs.size(), 0);
  for (uint32_t p = 0; p < instance.pools.size(); ++p) {
    if (instance.pools[p].lanes.size() != 1) continue;
    const std::vector<Need> needs = needs_of(windows, PoolId(p));
    Nanos longest(0), least_room = Nanos::max();
    for (const Need& need : needs) {
      longest = std::max(longest, need.latest - need.earliest);
      least_room = std::min(least_room, need.latest - need.earliest - need.duration * 2);
    }
    for (const Need& held : needs) {
      if (held.duration <= least_room || taken[problem.job_of(held.op)]) continue;
      auto others = shut_out(problem, held, near(needs, held, longest), taken);
      if (!others || others->empty()) continue;
      taken[problem.job_of(held.op)] = 1;
      for (const Need& other : *others) taken[problem.job_of(other.op)] = 1;
      found.push_back({PoolId(p), held, std::move(*others)});
    }
  }
  return found;
}

}  // namespace takt
