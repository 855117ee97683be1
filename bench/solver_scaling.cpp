// solver-scaling: what 1000 steps of the search cost in time and memory, by size: random
// flexible job shops (one lane per mode) and robot-class instances (every feature), one
// thread, deterministic, so that the steps are the same on every machine.
#include <algorithm>
#include <cstdio>

#include "base/rng.h"
#include "bench/measure.h"
#include "bench/robot_case.h"
#include "bench/suites.h"
#include "solve/solve.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

// Jobs of 10 operations on 10 machines, 1 to 3 alternatives each, durations 1 to 99.
Instance random_shop(int ops) {
  constexpr uint32_t kMachines = 10;
  Rng rng(static_cast<uint64_t>(ops));
  Instance instance;
  instance.name = "shop-" + std::to_string(ops);
  for (uint32_t m = 0; m < kMachines; ++m) {
    instance.lane_names.push_back("m" + std::to_string(m));
    instance.pools.push_back({instance.lane_names.back(), {LaneId(m)}, false, m});
  }
  for (uint32_t op = 0; op < static_cast<uint32_t>(ops); ++op) {
    if (op % kMachines == 0) {
      const auto index = static_cast<uint32_t>(instance.jobs.size());
      InstanceTask task;
      task.name = "job" + std::to_string(index);
      instance.tasks.push_back(task);
      instance.jobs.push_back({TaskId(index), 0, Nanos(0), Nanos::max(), op, 0});
    } else {
      instance.precedences.push_back({OpId(op - 1), OpId(op), Nanos(0)});
    }
    ++instance.jobs.back().op_count;
    Operation operation;
    operation.job = JobId(static_cast<uint32_t>(instance.jobs.size()) - 1);
    operation.graph_op = op % kMachines;
    const auto first = static_cast<uint32_t>(rng.below(kMachines));
    const auto alternatives = static_cast<uint32_t>(1 + rng.below(3));
    for (uint32_t a = 0; a < alternatives; ++a)
      operation.modes.push_back({{{PoolId((first + a) % kMachines), 1}}, "default",
                                 Nanos(static_cast<int64_t>(1 + rng.below(99)))});
    instance.operations.push_back(std::move(operation));
  }
  return instance;
}

Json measure(const char* family, const Instance& instance, const Options& options) {
  const Problem problem(instance);
  SolveOptions solve_options;
  solve_options.steps = options.quick ? 1000 : 20000;
  solve_options.cancel = options.cancel;
  const SolveResult result = solve(problem, solve_options);
  std::fprintf(stderr, "%-6s %6zu operations: %lld steps in %.2f ms\n", family,
               instance.operations.size(), static_cast<long long>(result.steps),
               result.total.ms());
  const double thousands = static_cast<double>(result.steps) / 1000;
  return {{"family", family},
          {"operations", instance.operations.size()},
          {"first_plan_ms", result.first_at.ms()},
          {"steps", result.steps},
          {"ms_per_1000_steps",
           result.steps > 0 ? Json((result.total - result.first_at).ms() / thousands) : Json()},
          {"memory_bytes", result.memory_bytes}};
}

}  // namespace

// From small to large: the peak of the process grows, so each size sees its own.
Result<Json> solver_scaling(const Options& options) {
  std::vector<int> sizes = options.sizes;
  if (sizes.empty()) sizes = {100, 200, 500, 1000, 2000, 5000, 10000};
  std::sort(sizes.begin(), sizes.end());
  Json report = {{"suite", "solver-scaling"}, {"machine", machine()}, {"sizes", Json::array()},
                 {"checks", Json::array()}};
  for (const int ops : sizes) {
    if (options.cancel.stop_requested()) break;
    report["sizes"].push_back(measure("shop", random_shop(ops), options));
    TAKT_ASSIGN(const Instance robot, generate({ops, 80, 0, 0, 1}, options));
    report["sizes"].push_back(measure("robot", robot, options));
  }
  return report;
}

}  // namespace takt::bench
