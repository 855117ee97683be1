#include "solve/bounds/lane_sets.h"

#include <algorithm>
#include <set>

namespace takt {
namespace {

using Members = std::vector<char>;     // by pool

constexpr size_t kUnionsOf = 8;        // the densest sets whose pairs are tried

LaneSet set_of(const Instance& instance, const Members& has) {
  LaneSet set;
  set.has = has;
  for (size_t p = 0; p < has.size(); ++p) {
    if (has[p] == 0) continue;
    set.pools.push_back(PoolId(p));
    set.lanes += static_cast<int64_t>(instance.pools[p].lanes.size());
  }
  return set;
}

// Lane time of the set that its operations need at least, per lane.
double density(const Problem& problem, const LaneSet& set) {
  Nanos work(0);
  for (uint32_t op = 0; op < problem.size(); ++op) {
    Nanos least = Nanos::max();
    for (uint32_t m = 0; m < problem.modes(op).size(); ++m)
      if (problem.may_use(op, m))
        least = std::min(least, problem.modes(op)[m].duration * set.width(problem.modes(op)[m]));
    work += least;
  }
  return static_cast<double>(work.ns) / static_cast<double>(std::max<int64_t>(set.lanes, 1));
}

// The pools an operation can run on: of the first demands, of all demands, and those that
// every mode needs.
void add_sets(const Problem& problem, uint32_t op, std::set<Members>& sets) {
  const size_t pools = problem.instance().pools.size();
  Members first(pools, 0), any(pools, 0);
  std::vector<uint32_t> users(pools, 0);
  uint32_t modes = 0;
  for (uint32_t m = 0; m < problem.modes(op).size(); ++m) {
    if (!problem.may_use(op, m)) continue;
    ++modes;
    const auto demands = problem.modes(op)[m].demands;
    first[demands.front().pool.value()] = 1;
    for (const Demand& demand : demands) {
      any[demand.pool.value()] = 1;
      ++users[demand.pool.value()];
    }
  }
  sets.insert(first);
  sets.insert(any);
  for (size_t p = 0; p < pools; ++p) {
    if (users[p] != modes) continue;
    Members one(pools, 0);
    one[p] = 1;
    sets.insert(one);
  }
}

}  // namespace

LaneSets::LaneSets(const Problem& problem) : problem_(&problem) {
  block();
  choose();
}

void LaneSets::block() {
  const Instance& instance = problem_->instance();
  blocked_.resize(instance.lane_names.size());
  for (const Outage& outage : instance.outages)
    if (outage.start < outage.end)
      blocked_[outage.lane.value()].push_back({outage.start, outage.end});
  for (const Commitment& done : instance.commitments) {
    const Nanos end = done.start + problem_->modes(done.op.value())[done.mode].duration;
    for (const LaneId lane : done.lanes) blocked_[lane.value()].push_back({done.start, end});
  }
  for (std::vector<Blocked>& list : blocked_) {
    std::sort(list.begin(), list.end(),
              [](const Blocked& a, const Blocked& b) { return a.start < b.start; });
    size_t kept = 0;
    for (const Blocked& next : list)
      if (kept > 0 && next.start <= list[kept - 1].end)
        list[kept - 1].end = std::max(list[kept - 1].end, next.end);
      else
        list[kept++] = next;
    list.resize(kept);
  }
  for (const Pool& pool : instance.pools)
    pool_blocked_.push_back(std::any_of(pool.lanes.begin(), pool.lanes.end(), [&](LaneId lane) {
      return !blocked_[lane.value()].empty();
    }));
}

void LaneSets::choose() {
  const Instance& instance = problem_->instance();
  std::set<Members> known;
  for (uint32_t op = 0; op < problem_->size(); ++op) add_sets(*problem_, op, known);
  known.insert(Members(instance.pools.size(), 1));
  std::vector<std::pair<double, LaneSet>> ranked;
  const auto rank = [&](const Members& members) {
    LaneSet set = set_of(instance, members);
    if (set.lanes > 0) ranked.emplace_back(density(*problem_, set), std::move(set));
  };
  const auto sort = [&] {
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
  };
  size_t tried = 0;       // instances whose operations all differ have as many sets
  for (const Members& members : known)
    if (tried++ < 2 * kMost) rank(members);
  sort();
  const size_t roots = std::min(kUnionsOf, ranked.size());
  for (size_t i = 0; i < roots; ++i)
    for (size_t j = i + 1; j < roots; ++j) {
      Members both = ranked[i].second.has;
      for (size_t p = 0; p < both.size(); ++p) both[p] |= ranked[j].second.has[p];
      if (known.insert(both).second) rank(both);
    }
  sort();
  for (auto& [work, set] : ranked)
    if (sets_.size() < kMost && work > 0) sets_.push_back(std::move(set));
}

Nanos LaneSets::free(PoolId pool, Nanos from, Nanos to) const {
  const Pool& lanes = problem_->instance().pools[pool.value()];
  const auto count = static_cast<int64_t>(lanes.lanes.size());
  if ((to - from).ns > Nanos::max().ns / std::max<int64_t>(count, 1)) return Nanos::max();
  Nanos free = (to - from) * count;
  if (pool_blocked_[pool.value()] == 0) return free;
  for (const LaneId lane : lanes.lanes)
    for (const Blocked& gone : blocked_[lane.value()])
      free -= std::max(std::min(gone.end, to) - std::max(gone.start, from), Nanos(0));
  return free;
}

Nanos LaneSets::free(const LaneSet& set, Nanos from, Nanos to) const {
  Nanos total(0);
  for (const PoolId pool : set.pools) {
    const Nanos more = free(pool, from, to);
    total = more > Nanos::max() - total ? Nanos::max() : total + more;
  }
  return total;
}

}  // namespace takt
