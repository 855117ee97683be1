#include "solve/solve.h"

#include <benchmark/benchmark.h>

#include "solve/bounds/level_bounds.h"
#include "solve/exact/cp_model.h"
#include "solve/robot_instance.h"

namespace takt {
namespace {

Instance robot(int64_t operations) {
  RobotOptions options;
  options.operations = static_cast<uint32_t>(operations);
  return robot_instance(options);
}

// A limit that has passed: the first rule's plan, and what comes before anyone looks at the clock.
void BM_FirstPlan(benchmark::State& state) {
  const Instance instance = robot(state.range(0));
  SolveOptions options;
  options.time_limit = Nanos(1);
  SolveResult result;
  for (auto _ : state) {
    const Problem problem(instance);
    result = solve(problem, options);
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
  state.counters["first_ms"] = result.first_at.ms();
}
BENCHMARK(BM_FirstPlan)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// The bounds of every level before the search.
void BM_QuickBounds(benchmark::State& state) {
  const Instance instance = robot(state.range(0));
  const Problem problem(instance);
  for (auto _ : state) {
    const LaneSets sets(problem);
    benchmark::DoNotOptimize(level_bounds(problem, sets));
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
}
BENCHMARK(BM_QuickBounds)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// What solve() cannot interrupt: see kModesMost of the proof engine.
void BM_ExactModel(benchmark::State& state) {
  const Instance instance = robot(state.range(0));
  const Problem problem(instance);
  SolveOptions first;
  first.time_limit = Nanos(1);
  exact::CpQuestion question;
  question.level = Level::kChainLatency;
  question.hint = solve(problem, first).schedule;
  for (auto _ : state) {
    exact::CpModel model(problem, question);
    benchmark::DoNotOptimize(model.finish());
  }
  state.counters["modes"] = static_cast<double>(problem.mode_slots());
}
BENCHMARK(BM_ExactModel)->Arg(100)->Arg(1000)->Arg(2400)->Arg(10000)->Unit(benchmark::kMillisecond);

// One call of destructive_bound(): what solve() cannot interrupt, see kStepsMost.
void BM_Destructive(benchmark::State& state) {
  const Instance instance = robot(state.range(0));
  const Problem problem(instance);
  const LaneSets sets(problem);
  SolveOptions first;
  first.time_limit = Nanos(1);
  const int64_t value = solve(problem, first).score[Level::kChainLatency];
  for (auto _ : state) {
    int64_t steps = state.range(1);
    benchmark::DoNotOptimize(
        destructive_bound(problem, sets, {}, Level::kChainLatency, 0, value, steps));
  }
}
BENCHMARK(BM_Destructive)
    ->ArgsProduct({{100, 1000, 10000}, {100'000, 800'000}})
    ->Unit(benchmark::kMillisecond);

// A solve that counts steps, as `takt plan` does it.
void BM_Steps(benchmark::State& state) {
  const Instance instance = robot(state.range(0));
  SolveOptions options;
  options.steps = state.range(1);
  SolveResult result;
  for (auto _ : state) {
    const Problem problem(instance);
    result = solve(problem, options);
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
  state.counters["steps"] = static_cast<double>(result.steps);
  for (const ObjectiveLevel& level : result.levels)
    state.counters[level.name] = static_cast<double>(level.value);
}
BENCHMARK(BM_Steps)->ArgsProduct({{60, 1000}, {1000, 10000}})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace takt
