#include "solve/lns.h"

#include <benchmark/benchmark.h>

#include <string>

#include "base/clock.h"
#include "solve/robot_instance.h"

namespace takt {
namespace {

// Steps a second after the constructions, and where they lead: {operations, load, milliseconds}.
void BM_Lns(benchmark::State& state) {
  RobotOptions robot;
  robot.operations = static_cast<uint32_t>(state.range(0));
  robot.load_percent = static_cast<int>(state.range(1));
  const Instance instance = robot_instance(robot);
  const Problem problem(instance);
  LnsOptions options;
  options.handoff = Nanos(300);
  Score score;
  int64_t steps = 0;
  for (auto _ : state) {
    Blackboard board(problem, Ranking(default_objective(instance)),
                     monotonic_now() + millis(state.range(2)));
    Lns lns(problem, board, options);
    steps += lns.run(INT64_MAX);
    score = *board.best_score();
    std::string label;
    for (const LnsStats& each : lns.stats())
      label += std::string(each.name) + " " + std::to_string(each.steps) + "/" +
               std::to_string(each.accepted) + "/" + std::to_string(each.improved) + "; ";
    if (state.range(2) >= 1000) state.SetLabel(label);
  }
  state.counters["steps"] = benchmark::Counter(static_cast<double>(steps),
                                               benchmark::Counter::kIsRate);
  state.counters["operations"] = static_cast<double>(instance.operations.size());
  for (const LevelSpec& spec : default_objective(instance))
    state.counters[std::string(name_of(spec.level))] = static_cast<double>(score[spec.level]);
  state.counters["overrun"] = static_cast<double>(score.overrun.ns);
}
BENCHMARK(BM_Lns)
    ->ArgsProduct({{55, 180, 500, 2400, 10000}, {60, 110}, {10, 1000}})
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1);

}  // namespace
}  // namespace takt
