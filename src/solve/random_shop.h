// Random flexible shops for tests: jobs that are chains or DAGs, delays, releases, one lane an
// operation.
#pragma once

#include <string>

#include "base/rng.h"
#include "model/instance.h"

namespace takt {

struct RandomShopOptions {
  int64_t lanes_most = 4, jobs_most = 6, ops_most = 6;     // operations per job
  int64_t duration_most = 20;
};

inline Instance random_shop(uint64_t seed, const RandomShopOptions& options = {}) {
  Rng rng(seed);
  Instance instance;
  instance.name = "shop " + std::to_string(seed);
  const int64_t lanes = rng.between(1, options.lanes_most);
  for (int64_t lane = 0; lane < lanes; ++lane) {
    instance.lane_names.push_back("lane" + std::to_string(lane));
    instance.pools.push_back({instance.lane_names.back(), {LaneId(static_cast<uint32_t>(lane))}});
  }
  for (int64_t j = rng.between(1, options.jobs_most); j-- > 0;) {
    const auto first = static_cast<uint32_t>(instance.operations.size());
    const JobId job(instance.jobs.size());
    instance.tasks.push_back({"task" + std::to_string(job.value()), ModuleId(), "main"});
    const auto count = static_cast<uint32_t>(rng.between(1, options.ops_most));
    const Nanos release(rng.below(3) == 0 ? rng.between(0, options.duration_most) : 0);
    instance.jobs.push_back({TaskId(job.value()), 0, release, Nanos::max(), first, count});
    for (uint32_t k = 0; k < count; ++k) {
      Operation op;
      op.job = job;
      op.graph_op = k;
      for (uint32_t lane = 0; lane < lanes; ++lane)
        if (rng.below(2) == 0 || (op.modes.empty() && lane + 1 == lanes))
          op.modes.push_back(
              {{{PoolId(lane), 1}}, "default", Nanos(rng.between(1, options.duration_most))});
      instance.operations.push_back(std::move(op));
      if (k == 0) continue;
      const OpId before(first + (rng.below(4) == 0 ? static_cast<uint32_t>(rng.below(k)) : k - 1));
      const Nanos delay(rng.below(5) == 0 ? rng.between(1, 5) : 0);
      instance.precedences.push_back({before, OpId(first + k), delay});
    }
  }
  return instance;
}

}  // namespace takt
