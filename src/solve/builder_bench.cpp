#include "solve/builder.h"

#include <benchmark/benchmark.h>

#include "solve/orders.h"
#include "solve/robot_instance.h"

namespace takt {
namespace {

// Problem, keys and one construction: from an instance to its first plan.
void BM_FirstRobotPlan(benchmark::State& state) {
  RobotOptions options;
  options.operations = static_cast<uint32_t>(state.range(0));
  options.load_percent = static_cast<int>(state.range(1));
  const Instance instance = robot_instance(options);
  for (auto _ : state) {
    const Problem problem(instance);
    Builder builder(problem, Nanos(300));
    Schedule schedule;
    const Guide guide{keys_of(problem, {}), std::vector<int>(problem.size(), choice::kThrifty)};
    builder.build(guide, schedule);
    benchmark::DoNotOptimize(schedule.start.data());
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
}
BENCHMARK(BM_FirstRobotPlan)
    ->ArgsProduct({{180, 1000, 2400, 10000}, {60, 110}})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace takt
