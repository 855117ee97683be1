// Robot-like instances for tests and benchmarks: two clusters of four cores, one of them with
// an NPU, and six networks at their rates from 500 Hz control to 10 Hz planning, with widths
// 1, 2 and 4 that pay off less and less, chains, and jitter limits of the control tasks.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.h"
#include "model/instance.h"

namespace takt {

struct RobotOptions {
  uint32_t operations = 180;         // about; whole jobs
  int load_percent = 80;             // of the lane time, at width 1
  uint64_t seed = 7;
};

namespace robot {

struct Network {
  const char* name;
  Criticality criticality;
  int64_t period_us;
  uint32_t ops;
  int64_t share;                     // of the load
  bool npu;
};
inline constexpr Network kNetworks[] = {
    {"balance", Criticality::kHard, 2000, 5, 6, false},
    {"estimator", Criticality::kHard, 5000, 9, 10, false},
    {"policy", Criticality::kHard, 10000, 14, 16, false},
    {"detector", Criticality::kFirm, 33000, 36, 34, true},
    {"depth", Criticality::kFirm, 50000, 30, 18, true},
    {"planner", Criticality::kSoft, 100000, 44, 16, false}};

inline void add_modes(Rng& rng, Operation& op, int64_t alone, bool npu) {
  const int64_t overhead = 500 + rng.between(0, 1500);
  const int64_t parallel = rng.between(50, 95);        // per cent
  for (uint32_t cluster = 0; cluster < 2; ++cluster)
    for (int width = 1; width <= 4; width *= 2) {
      const int64_t time = alone * (100 - parallel) / 100 + alone * parallel / 100 / width +
                           (width > 1 ? overhead : 0);
      if (width == 1 || time * 20 < alone * 19)
        op.modes.push_back({{{PoolId(cluster), width}}, "default", Nanos(time)});
    }
  if (npu)
    op.modes.push_back({{{PoolId(1u), 1}, {PoolId(2u), 1}}, "npu",
                        Nanos(std::max<int64_t>(alone / rng.between(4, 10), 1000))});
}

// A network: a trunk with short side branches, as residual blocks have them.
inline void add_job(Rng& rng, Instance& instance, uint32_t task, int64_t release_us,
                    const std::vector<Operation>& shape,
                    const std::vector<std::vector<uint32_t>>& reads) {
  const Network& network = kNetworks[task];
  const auto first = static_cast<uint32_t>(instance.operations.size());
  const auto index = static_cast<uint32_t>(release_us / network.period_us);
  instance.jobs.push_back({TaskId(task), index, micros(release_us),
                           micros(release_us + network.period_us), first, network.ops});
  for (uint32_t k = 0; k < network.ops; ++k) {
    Operation op = shape[k];
    op.job = JobId(instance.jobs.size() - 1);
    for (const uint32_t from : reads[k])
      instance.precedences.push_back({OpId(first + from), OpId(first + k), Nanos(0),
                                      rng.between(1, 64) * 1024});
    instance.operations.push_back(std::move(op));
  }
}

}  // namespace robot

inline Instance robot_instance(const RobotOptions& options = {}) {
  const auto& networks = robot::kNetworks;
  Rng rng(options.seed);
  Instance instance;
  instance.name = "robot-like";
  for (uint32_t lane = 0; lane < 9; ++lane)
    instance.lane_names.push_back(lane < 8 ? "core" + std::to_string(lane) : "npu");
  const auto lanes = [](uint32_t from, uint32_t to) {
    std::vector<LaneId> ids;
    for (uint32_t lane = from; lane < to; ++lane) ids.emplace_back(lane);
    return ids;
  };
  instance.pools = {{"a", lanes(0, 4), false, 0}, {"b", lanes(4, 8), false, 1},
                    {"npu", lanes(8, 9), false, 1}};
  instance.links = {{0, 1, Nanos(300), 16000}, {1, 0, Nanos(300), 16000}};
  std::vector<std::vector<Operation>> shapes(std::size(networks));
  std::vector<std::vector<std::vector<uint32_t>>> reads(std::size(networks));
  for (uint32_t t = 0; t < std::size(networks); ++t) {
    const robot::Network& network = networks[t];
    InstanceTask task{network.name, ModuleId(t), "main", network.criticality};
    if (network.period_us <= 5000) task.jitter_max = micros(network.period_us / 20);
    instance.tasks.push_back(task);
    const int64_t mean = 8 * network.period_us * 1000 * network.share * options.load_percent /
                         10000 / network.ops;
    for (uint32_t k = 0; k < network.ops; ++k) {
      Operation op;
      op.graph_op = k;
      robot::add_modes(rng, op, std::max<int64_t>(rng.between(1, 2 * mean), 500),
                network.npu && rng.below(2) == 0);
      shapes[t].push_back(std::move(op));
      reads[t].emplace_back();
      if (k > 0) reads[t][k].push_back(k - 1 - static_cast<uint32_t>(rng.below(k > 1 ? 2 : 1)));
      if (k > 3 && rng.below(3) == 0) reads[t][k].push_back(k - 4);
    }
  }
  std::vector<std::vector<JobId>> jobs(std::size(networks));
  for (int64_t us = 0; instance.operations.size() < options.operations; us += 1000) {
    for (uint32_t t = 0; t < std::size(networks); ++t)
      if (us % networks[t].period_us == 0) {
        jobs[t].emplace_back(instance.jobs.size());
        robot::add_job(rng, instance, t, us, shapes[t], reads[t]);
      }
    instance.horizon = micros(us + 100000);
  }
  InstanceChain chain{"see and act", micros(60000), {}};
  for (const JobId seen : jobs[3])
    for (const JobId act : jobs[2])
      if (instance.jobs[act.value()].release >= instance.jobs[seen.value()].deadline) {
        chain.runs.push_back({seen, act});
        break;
      }
  if (!chain.runs.empty()) instance.chains.push_back(chain);
  return instance;
}

}  // namespace takt
