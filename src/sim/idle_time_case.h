// The idle-time case: a perception job whose plan is made from a profile that is 30 times too
// long for four of its kernels, beside a control task that is locked to its phase. A plan that is
// kept to the letter leaves the lanes idle for most of the time. For the test and the bench.
#pragma once

#include <string>

#include "base/rng.h"
#include "model/instance.h"

namespace takt {

struct IdleTimeCase {
  static constexpr int kLanes = 4, kKernels = 16, kOverestimated = 4, kFactor = 30;

  Instance instance;                   // with the true durations
  Instance overestimated;              // what the profile says
};

// Lanes core.0 to core.3. "perception" (soft): one job of 16 layers of 1 to 6 operations, a kernel
// per layer, each reading one to three of the layer before, 100 to 500 us on one core and also on
// two. "control" (hard): every millisecond, 300 us after it begins, 60 us,
// which is all the time it has: any delay is a miss.
inline IdleTimeCase idle_time_case(uint64_t seed) {
  Rng rng(seed);
  IdleTimeCase made;
  Instance& instance = made.instance;
  instance.name = "idle time " + std::to_string(seed);
  instance.pools.push_back({"core", {}, false, 0});
  for (uint32_t lane = 0; lane < IdleTimeCase::kLanes; ++lane) {
    instance.lane_names.push_back("core." + std::to_string(lane));
    instance.pools[0].lanes.push_back(LaneId(lane));
  }
  instance.tasks.push_back({"perception", ModuleId(0u), "main", Criticality::kSoft, 0});
  instance.tasks.push_back({"control", ModuleId(1u), "main", Criticality::kHard, 10});
  const auto add_op = [&](const std::string& kernel, uint32_t graph_op, Nanos alone, bool wide) {
    Operation op;
    op.job = JobId(instance.jobs.size() - 1);
    op.graph_op = graph_op;
    op.kernel_hash = kernel;
    op.modes.push_back({{{PoolId(0u), 1}}, "default", alone});
    if (wide) op.modes.push_back({{{PoolId(0u), 2}}, "default", alone * 55 / 100});
    instance.operations.push_back(op);
    ++instance.jobs.back().op_count;
  };
  instance.jobs.push_back({TaskId(0u), 0, Nanos(0), Nanos::max(), 0, 0});
  uint32_t before = 0, layer = 0;
  Nanos work;
  for (int kernel = 0; kernel < IdleTimeCase::kKernels; ++kernel) {
    const uint32_t first = layer + before;
    const auto width = uint32_t(rng.between(1, 6));
    const Nanos alone = micros(rng.between(100, 500));
    for (uint32_t i = 0; i < width; ++i) {
      add_op("k" + std::to_string(kernel), first + i, alone, true);
      work += alone;
      const uint32_t inputs = before ? uint32_t(rng.between(1, std::min(before, 3u))) : 0;
      const auto offset = uint32_t(before ? rng.below(before) : 0);
      for (uint32_t n = 0; n < inputs; ++n)
        instance.precedences.push_back(
            {OpId(layer + (offset + n) % before), OpId(first + i), Nanos(0), 0});
    }
    layer = first;
    before = width;
  }
  // Control runs for as long as perception can take on one lane.
  for (uint32_t k = 0; millis(k) < work; ++k) {
    const Nanos release = millis(k) + micros(300);
    instance.jobs.push_back({TaskId(1u), k, release, release + micros(60),
                             uint32_t(instance.operations.size()), 0});
    add_op("control", 0, micros(60), false);
  }
  made.overestimated = instance;
  for (int n = 0; n < IdleTimeCase::kOverestimated; ++n) {
    const std::string kernel = "k" + std::to_string(1 + n * 4);
    for (Operation& op : made.overestimated.operations)
      if (op.kernel_hash == kernel)
        for (Mode& mode : op.modes) mode.duration = mode.duration * IdleTimeCase::kFactor;
  }
  return made;
}

}  // namespace takt
