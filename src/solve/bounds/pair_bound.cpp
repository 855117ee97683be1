#include "solve/bounds/pair_bound.h"

#include <algorithm>
#include <climits>

#include "solve/chain_pair.h"

namespace takt {
namespace {

constexpr size_t kJobs = 4;                  // the longest; each pair of them is tried
constexpr size_t kLabelsMost = 200'000;      // robot networks of 43 and 78 operations: 30,000
constexpr int64_t kPrecision = 512;

// The longest chains of the longest jobs, longest first.
std::vector<ChainPair::Chain> chains_of(const Windows& windows) {
  std::vector<std::pair<Nanos, ChainPair::Chain>> all;
  for (ChainPair::Chain& chain : longest_chains(windows)) {
    Nanos length(0);
    for (const uint32_t op : chain) length += windows.least_duration(op);
    if (!chain.empty()) all.emplace_back(length, std::move(chain));
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<ChainPair::Chain> chains;
  for (size_t i = 0; i < std::min(kJobs, all.size()); ++i)
    chains.push_back(std::move(all[i].second));
  return chains;
}

// Lanes that other operations hold whatever they do: between their latest start and earliest end.
std::vector<PoolLoad> compulsory(const Windows& windows, const ChainPair::Chain& a,
                                 const ChainPair::Chain& b) {
  const Problem& problem = windows.problem();
  std::vector<char> chained(problem.size(), 0);
  for (const uint32_t op : a) chained[op] = 1;
  for (const uint32_t op : b) chained[op] = 1;
  std::vector<PoolLoad> loads;
  std::vector<int> least(problem.instance().pools.size());
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos from = windows.latest(op) - windows.least_duration(op);
    const Nanos to = windows.earliest(op) + windows.least_duration(op);
    if (chained[op] || from >= to) continue;
    std::fill(least.begin(), least.end(), INT_MAX);
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m) {
      if (!windows.usable(op, m)) continue;
      std::vector<int> asked(least.size(), 0);
      for (const Demand& demand : problem.modes(op)[m].demands)
        asked[demand.pool.value()] += demand.count;
      for (size_t pool = 0; pool < least.size(); ++pool)
        least[pool] = std::min(least[pool], asked[pool]);
    }
    for (uint32_t pool = 0; pool < least.size(); ++pool)
      if (least[pool] > 0) loads.push_back({pool, from, to, least[pool]});
  }
  return loads;
}

}  // namespace

int64_t pair_bound(const Problem& problem, Limits limits, Level level, int64_t low, int64_t high,
                   const std::function<bool()>& stopped) {
  if (level == Level::kControlJitter || level == Level::kActiveLanes || level == Level::kBusy)
    return low;       // they say nothing about windows
  const std::vector<ChainPair::Chain> chains = chains_of(Windows(problem));
  const int64_t own = limits[level];
  const auto never = [&](size_t a, size_t b, int64_t value) {
    limits[level] = std::min(own, value);
    Windows windows = windows_within(problem, limits);
    if (!windows.propagate()) return true;
    return ChainPair(windows, {chains[a], chains[b]}, compulsory(windows, chains[a], chains[b]))
               .fit(kLabelsMost, stopped) ==
           ChainPair::Answer::kNever;
  };
  for (size_t b = 1; b < chains.size(); ++b)
    for (size_t a = 0; a < b; ++a) {
      // Is the pair good for anything at all?
      if (low >= high || stopped() || !never(a, b, low)) continue;
      ++low;
      for (int64_t above = high; above - low > high / kPrecision && !stopped();) {
        const int64_t middle = low + (above - low) / 2;
        if (never(a, b, middle)) low = middle + 1;
        else above = middle;
      }
    }
  return low;
}

}  // namespace takt
