// Random instances for tests and benchmarks: the same seed gives the same instance.
#pragma once

#include <algorithm>
#include <string>

#include "base/rng.h"
#include "model/instance.h"

namespace takt {

struct RandomInstanceOptions {
  int pools_max = 2;
  int lanes_max = 3;               // over all pools
  int jobs_max = 3;
  int ops_min = 1, ops_max = 6;    // over all jobs
  int duration_max = 9;
  bool deadlines = true;
};

// About as large as a window that is replanned.
inline RandomInstanceOptions window_sized() {
  RandomInstanceOptions options;
  options.lanes_max = 5;
  options.jobs_max = 6;
  options.ops_min = 5;
  options.ops_max = 30;
  return options;
}

inline Mode random_mode(Rng& rng, const Instance& instance, int duration_max) {
  Mode mode;
  const size_t first = rng.below(instance.pools.size());
  const auto lanes = static_cast<int64_t>(instance.pools[first].lanes.size());
  mode.demands.push_back({PoolId(first), static_cast<int>(rng.between(1, lanes))});
  if (instance.pools.size() > 1 && rng.below(4) == 0)
    mode.demands.push_back({PoolId((first + 1) % instance.pools.size()), 1});
  mode.duration = Nanos(rng.between(1, duration_max));
  return mode;
}

inline void add_random_edges(Rng& rng, Instance& instance) {
  const auto n = static_cast<uint32_t>(instance.operations.size());
  for (uint32_t before = 0; before < n; ++before)
    for (uint32_t after = before + 1; after < n; ++after) {
      const bool same = instance.operations[before].job == instance.operations[after].job;
      if (rng.below(same ? 3 : 12) != 0) continue;
      const Nanos delay(rng.below(3) == 0 ? rng.between(1, 4) : 0);
      instance.precedences.push_back({OpId(before), OpId(after), delay});
    }
}

inline Instance random_instance(uint64_t seed, const RandomInstanceOptions& options = {}) {
  Rng rng(seed);
  Instance instance;
  instance.name = "random " + std::to_string(seed);
  const auto lanes = static_cast<uint32_t>(rng.between(1, options.lanes_max));
  instance.pools.resize(
      static_cast<size_t>(rng.between(1, std::min<int64_t>(options.pools_max, lanes))));
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    const size_t pool = lane < instance.pools.size() ? lane : rng.below(instance.pools.size());
    instance.lane_names.push_back("lane" + std::to_string(lane));
    instance.pools[pool].lanes.push_back(LaneId(lane));
    instance.pools[pool].name = "pool" + std::to_string(pool);
  }
  auto left = static_cast<uint32_t>(rng.between(options.ops_min, options.ops_max));
  const auto jobs = static_cast<uint32_t>(rng.between(1, options.jobs_max));
  for (uint32_t j = 0; j < jobs && left > 0; ++j) {
    const auto ops = j + 1 == jobs ? left : static_cast<uint32_t>(rng.between(1, left));
    left -= ops;
    instance.tasks.push_back({"task" + std::to_string(j), ModuleId(0u), "main",
                              static_cast<Criticality>(rng.below(4)), 0});
    const Nanos release(options.deadlines ? rng.between(0, 2 * options.duration_max) : 0);
    const Nanos deadline =
        options.deadlines && rng.below(5) != 0
            ? release + Nanos(rng.between(1, 2 * options.duration_max *
                                                 std::max<int64_t>(1, ops / lanes)))
            : Nanos::max();
    const auto first = static_cast<uint32_t>(instance.operations.size());
    instance.jobs.push_back({TaskId(j), 0, release, deadline, first, ops});
    for (uint32_t k = 0; k < ops; ++k) {
      Operation op;
      op.job = JobId(j);
      op.graph_op = k;
      op.kernel_hash = "kernel" + std::to_string(rng.below(3));
      if (k + 1 == ops && ops > 1 && rng.below(4) == 0) op.kind = Operation::Kind::kSubmit;
      for (uint64_t m = rng.between(1, 3); m-- > 0;)
        op.modes.push_back(random_mode(rng, instance, options.duration_max));
      instance.operations.push_back(std::move(op));
    }
  }
  add_random_edges(rng, instance);
  return instance;
}

}  // namespace takt
