// Adds to a random instance what a plain job shop lacks: sites and transfers, aligned pools,
// weights, chains, control jitter, mode groups, commitments, outages, a not_before, a horizon.
// Each with a probability of its own, so that features meet each other and are also absent.
#pragma once

#include <algorithm>
#include <vector>

#include "base/rng.h"
#include "model/instance.h"
#include "solve/random_instance.h"

namespace takt {

inline void add_random_sites(Rng& rng, Instance& instance) {
  for (size_t p = 0; p < instance.pools.size(); ++p)
    instance.pools[p].site = static_cast<uint32_t>(p);
  const auto sites = static_cast<uint32_t>(instance.pools.size());
  for (uint32_t from = 0; from < sites; ++from)
    for (uint32_t to = 0; to < sites; ++to)
      if (from != to && rng.below(4) != 0)
        instance.links.push_back({from, to, Nanos(rng.between(0, 3)), rng.between(400, 1500)});
  for (Precedence& edge : instance.precedences) edge.bytes = rng.between(0, 4);
}

inline void add_random_tasks(Rng& rng, Instance& instance) {
  if (rng.below(2) == 0) {                       // one task, so that its jobs can jitter
    for (uint32_t j = 0; j < instance.jobs.size(); ++j) {
      instance.jobs[j].task = TaskId(0u);
      instance.jobs[j].index = j;
    }
    instance.tasks.resize(1);
  }
  for (InstanceTask& task : instance.tasks) {
    task.weight = rng.between(1, 3);
    if (rng.below(2) == 0) task.jitter_max = Nanos(rng.between(0, 2));
  }
  for (uint64_t c = rng.below(3); c-- > 0;) {
    InstanceChain chain{"chain", Nanos(rng.between(1, 20)), {}};
    const auto jobs = static_cast<int64_t>(instance.jobs.size());
    for (uint64_t run = 1 + rng.below(2); run-- > 0;)
      chain.runs.push_back({JobId(static_cast<uint32_t>(rng.between(0, jobs - 1))),
                            JobId(static_cast<uint32_t>(rng.between(0, jobs - 1)))});
    instance.chains.push_back(chain);
  }
}

// Operations in pairs, both with as many modes as the shorter list.
inline void add_random_group(Rng& rng, Instance& instance) {
  const auto n = static_cast<uint32_t>(instance.operations.size());
  if (n < 2) return;
  const auto a = static_cast<uint32_t>(rng.below(n - 1));
  auto& first = instance.operations[a].modes;
  auto& second = instance.operations[a + 1].modes;
  const size_t count = std::min(first.size(), second.size());
  first.resize(count);
  second.resize(count);
  instance.mode_groups.push_back({OpId(a), OpId(a + 1)});
}

// The lanes of a mode, starting where `rng` says in each pool.
inline std::vector<LaneId> random_lanes(Rng& rng, const Instance& instance, const Mode& mode) {
  std::vector<LaneId> lanes;
  for (const Demand& demand : mode.demands) {
    const Pool& pool = instance.pools[demand.pool.value()];
    const auto count = static_cast<size_t>(demand.count);
    const size_t places = pool.aligned ? pool.lanes.size() / count : pool.lanes.size() - count + 1;
    const size_t first = rng.below(places) * (pool.aligned ? count : 1);
    for (size_t i = 0; i < count; ++i) lanes.push_back(pool.lanes[first + i]);
  }
  std::sort(lanes.begin(), lanes.end());
  return lanes;
}

// Commits some operations whose predecessors are committed, where they do not collide.
inline void add_random_commitments(Rng& rng, Instance& instance) {
  std::vector<const Commitment*> of(instance.operations.size(), nullptr);
  instance.commitments.reserve(instance.operations.size());
  const auto end_of = [&](const Commitment& done) {
    return done.start + instance.operations[done.op.value()].modes[done.mode].duration;
  };
  const auto site_of = [&](uint32_t op, uint32_t mode) {
    const Demand& first = instance.operations[op].modes[mode].demands.front();
    return instance.pools[first.pool.value()].site;
  };
  for (uint32_t op = 0; op < instance.operations.size(); ++op) {
    if (rng.below(3) != 0) continue;
    auto mode = static_cast<uint32_t>(rng.below(instance.operations[op].modes.size()));
    for (const auto& group : instance.mode_groups)
      for (const OpId member : group)
        if (std::find(group.begin(), group.end(), OpId(op)) != group.end() && of[member.value()])
          mode = of[member.value()]->mode;
    Nanos start(rng.between(0, 5));
    bool possible = true;
    for (const Precedence& edge : instance.precedences) {
      if (edge.after != OpId(op)) continue;
      const Commitment* before = of[edge.before.value()];
      possible &= before != nullptr;
      if (before)
        start = std::max(start, end_of(*before) + edge.delay +
                                    transfer_time(instance,
                                                  site_of(edge.before.value(), before->mode),
                                                  site_of(op, mode), edge.bytes));
    }
    Commitment done{OpId(op), start, mode,
                    random_lanes(rng, instance, instance.operations[op].modes[mode])};
    for (const Commitment& other : instance.commitments)
      for (const LaneId lane : other.lanes)
        if (std::find(done.lanes.begin(), done.lanes.end(), lane) != done.lanes.end() &&
            other.start < end_of(done) && start < end_of(other))
          possible = false;
    if (!possible) continue;
    instance.commitments.push_back(done);
    of[op] = &instance.commitments.back();
  }
}

inline Instance random_feature_instance(uint64_t seed, const RandomInstanceOptions& options = {}) {
  Instance instance = random_instance(seed, options);
  Rng rng(seed ^ 0xfea7);
  for (Pool& pool : instance.pools) pool.aligned = rng.below(3) == 0;
  if (rng.below(2) == 0) add_random_sites(rng, instance);
  add_random_tasks(rng, instance);
  if (rng.below(3) == 0) add_random_group(rng, instance);
  if (rng.below(3) == 0) add_random_commitments(rng, instance);
  if (rng.below(3) == 0)
    for (uint64_t i = 1 + rng.below(2); i-- > 0;) {
      const Nanos start(rng.between(0, 8));
      instance.outages.push_back({LaneId(static_cast<uint32_t>(rng.below(
                                      instance.lane_names.size()))),
                                  start, start + Nanos(rng.between(1, 6))});
    }
  if (rng.below(3) == 0) instance.not_before = Nanos(rng.between(0, 5));
  if (rng.below(3) == 0) {
    instance.horizon = Nanos(rng.between(10, 40));
    for (const Commitment& done : instance.commitments) {
      const Operation& op = instance.operations[done.op.value()];
      instance.horizon = std::max(instance.horizon, done.start + op.modes[done.mode].duration);
    }
  }
  return instance;
}

}  // namespace takt
