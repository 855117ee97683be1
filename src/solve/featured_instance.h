// Random instances with every feature of the model, for tests: sites and links, aligned pools,
// outages, mode groups, chains, jitter limits, weights, and a committed prefix.
#pragma once

#include <algorithm>
#include <vector>

#include "solve/builder.h"
#include "solve/orders.h"
#include "solve/random_instance.h"

namespace takt {

inline void add_sites(Rng& rng, Instance& instance) {
  for (Pool& pool : instance.pools) {
    pool.site = static_cast<uint32_t>(rng.below(2));
    pool.aligned = rng.below(3) == 0;
  }
  for (Precedence& edge : instance.precedences) edge.bytes = rng.between(0, 3);
  instance.links.push_back({0, 1, Nanos(rng.between(0, 2)), rng.between(500, 2000)});
  if (rng.below(2) == 0) instance.links.push_back({1, 0, Nanos(1), 1000});
}

inline void add_outages(Rng& rng, Instance& instance, int64_t span) {
  for (uint64_t k = rng.below(3); k-- > 0;) {
    const int64_t start = rng.between(0, span);
    instance.outages.push_back({LaneId(static_cast<uint32_t>(rng.below(
                                    instance.lane_names.size()))),
                                Nanos(start), Nanos(start + rng.between(1, span / 2 + 1))});
  }
}

inline void add_groups(Rng& rng, Instance& instance) {
  std::vector<std::vector<OpId>> by_modes(4);
  for (uint32_t op = 0; op < instance.operations.size(); ++op)
    if (rng.below(3) == 0)
      by_modes[instance.operations[op].modes.size()].push_back(OpId(op));
  for (auto& group : by_modes)
    if (group.size() > 1) instance.mode_groups.push_back(group);
}

inline void add_judgement(Rng& rng, Instance& instance, int64_t span) {
  const size_t jobs = instance.jobs.size();
  for (InstanceTask& task : instance.tasks) task.weight = rng.between(1, 3);
  // Jobs of one task, so that jitter means something.
  for (size_t j = 1; j < jobs; ++j)
    if (rng.below(2) == 0) {
      instance.jobs[j].task = instance.jobs[j - 1].task;
      instance.jobs[j].index = instance.jobs[j - 1].index + 1;
    }
  for (InstanceTask& task : instance.tasks)
    if (rng.below(2) == 0) task.jitter_max = Nanos(rng.between(0, span / 4));
  for (uint64_t k = rng.below(3); k-- > 0;)
    instance.chains.push_back(
        {"chain", Nanos(rng.between(1, span)),
         {{JobId(rng.below(jobs)), JobId(rng.below(jobs))}}});
}

// What starts before some moment has happened.
inline void commit_prefix(Rng& rng, Instance& instance) {
  const Problem problem(instance);
  Builder builder(problem, Nanos(0));
  Guide guide{keys_of(problem, {}), std::vector<int>(problem.size(), choice::kEarliest)};
  Schedule schedule;
  builder.build(guide, schedule);
  Nanos end(0);
  for (uint32_t op = 0; op < problem.size(); ++op)
    end = std::max(end, schedule.end(problem, op));
  instance.not_before = Nanos(rng.between(1, std::max<int64_t>(end.ns / 2, 1)));
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (schedule.start[op] >= instance.not_before) continue;
    Commitment done{OpId(op), schedule.start[op], schedule.mode[op], {}};
    for (const uint32_t lane : schedule.lanes_of(problem, op)) done.lanes.emplace_back(lane);
    instance.commitments.push_back(std::move(done));
  }
}

inline Instance featured_instance(uint64_t seed, const RandomInstanceOptions& options = {}) {
  Rng rng(seed * 977 + 1);
  Instance instance = random_instance(seed, options);
  const int64_t span = int64_t{2} * options.duration_max *
                       std::max<int64_t>(1, static_cast<int64_t>(instance.operations.size() /
                                                                 instance.lane_names.size()));
  if (rng.below(3) != 0) add_sites(rng, instance);
  if (rng.below(3) != 0) add_outages(rng, instance, span);
  if (rng.below(3) != 0) add_groups(rng, instance);
  add_judgement(rng, instance, span);
  if (rng.below(2) == 0) commit_prefix(rng, instance);
  return instance;
}

}  // namespace takt
