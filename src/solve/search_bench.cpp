#include "solve/search.h"

#include <benchmark/benchmark.h>

#include "solve/random_instance.h"

namespace takt {
namespace {

// Robot-like: hard, firm and soft tasks of chains with two modes each, on two lanes,
// `operations` of them in one window at about 70 % load.
Instance robot_like(uint32_t operations) {
  Rng rng(7);
  Instance instance;
  instance.name = "robot-like";
  for (uint32_t lane = 0; lane < 2; ++lane) instance.lane_names.push_back("core");
  instance.pools = {{"cores", {LaneId(0u), LaneId(1u)}}};
  struct Shape {
    Criticality criticality;
    int64_t period_us, ops, op_us;
  };
  const Shape shapes[] = {{Criticality::kHard, 2000, 5, 6},
                          {Criticality::kHard, 5000, 20, 6},
                          {Criticality::kFirm, 33000, 20, 150},
                          {Criticality::kSoft, 100000, 60, 250}};
  for (uint32_t t = 0; t < 4; ++t)
    instance.tasks.push_back({"task", ModuleId(t), "main", shapes[t].criticality, 0});
  for (int64_t us = 0; instance.operations.size() < operations; us += 1000)
    for (uint32_t t = 0; t < 4; ++t) {
      const Shape& shape = shapes[t];
      if (us % shape.period_us != 0) continue;
      Job job{TaskId(t), static_cast<uint32_t>(us / shape.period_us), micros(us),
              micros(us + shape.period_us), static_cast<uint32_t>(instance.operations.size()),
              static_cast<uint32_t>(shape.ops)};
      for (uint32_t k = 0; k < job.op_count; ++k) {
        Operation op;
        op.job = JobId(instance.jobs.size());
        op.graph_op = k;
        const int64_t alone = rng.between(1, 2 * shape.op_us * 1000);
        op.modes = {{{{PoolId(0u), 1}}, "default", Nanos(alone)},
                    {{{PoolId(0u), 2}}, "default", Nanos(alone * 6 / 10 + 500)}};
        const OpId id(instance.operations.size());
        if (k > 0)
          instance.precedences.push_back(
              {OpId(id.value() - static_cast<uint32_t>(rng.between(1, std::min(k, 3u)))), id,
               Nanos(0)});
        instance.operations.push_back(std::move(op));
      }
      instance.jobs.push_back(job);
    }
  return instance;
}

// One construction with the first rule: the first plan.
void BM_FirstPlan(benchmark::State& state) {
  const Instance instance = robot_like(static_cast<uint32_t>(state.range(0)));
  SearchOptions options;
  options.placements = 1;
  for (auto _ : state) {
    const Problem problem(instance);
    benchmark::DoNotOptimize(search(problem, options));
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
}
BENCHMARK(BM_FirstPlan)->Arg(100)->Arg(1000)->Arg(10000)->Unit(benchmark::kMillisecond);

// The whole search with its default budget. Bound to stay under 50 ms at 1000 operations.
void BM_Search(benchmark::State& state) {
  const Instance instance = robot_like(static_cast<uint32_t>(state.range(0)));
  SearchResult result;
  for (auto _ : state) {
    const Problem problem(instance);
    result = search(problem);
  }
  state.counters["operations"] = static_cast<double>(instance.operations.size());
  state.counters["builds"] = static_cast<double>(result.builds);
  state.counters["misses"] =
      static_cast<double>(result.score.hard_misses + result.score.firm_misses);
  state.counters["makespan_gap_pct"] =
      100.0 * static_cast<double>((result.score.makespan - result.bounds.makespan).ns) /
      static_cast<double>(result.score.makespan.ns);
}
BENCHMARK(BM_Search)->Arg(60)->Arg(1000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace takt
