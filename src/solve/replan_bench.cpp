#include "solve/replan.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <vector>

#include "base/clock.h"
#include "solve/robot_instance.h"

namespace takt {
namespace {

// A window of 200 operations, a third of it committed, replanned again and again with other
// prefixes: Problem, workspace and first valid plan. Counters are of single calls.
void BM_ReplanFirst(benchmark::State& state) {
  const Instance instance = robot_instance({.operations = 200, .load_percent = 90});
  const Problem problem(instance);
  const Schedule previous = replan(problem, nullptr, millis(200));
  std::vector<Instance> windows;
  for (int64_t ms = 1; ms <= 16; ++ms) {
    Instance rest = instance;
    rest.not_before = millis(ms);
    for (uint32_t op = 0; op < problem.size(); ++op) {
      if (previous.start[op] >= rest.not_before) continue;
      Commitment done{OpId(op), previous.start[op], previous.mode[op], {}};
      for (const uint32_t lane : previous.lanes_of(problem, op)) done.lanes.emplace_back(lane);
      rest.commitments.push_back(std::move(done));
    }
    rest.outages.push_back({LaneId(static_cast<uint32_t>(ms) % 8), rest.not_before,
                            rest.not_before + millis(10)});
    windows.push_back(std::move(rest));
  }
  std::vector<Nanos> times;
  size_t next = 0;
  for (auto _ : state) {
    const Nanos begin = monotonic_now();
    const Problem later(windows[next++ % windows.size()]);
    Replanner replanner(later, {});
    benchmark::DoNotOptimize(replanner.first(&previous).start.data());
    times.push_back(monotonic_now() - begin);
  }
  std::sort(times.begin(), times.end());
  state.counters["p99_us"] = times[times.size() * 99 / 100].us();
  state.counters["max_us"] = times.back().us();
}
BENCHMARK(BM_ReplanFirst)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace takt
