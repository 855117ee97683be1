// What the executor itself costs: chains and wide waves of empty operations, a wake, the
// clock. tuning.h quotes these.
#include <benchmark/benchmark.h>

#include <thread>

#include "base/clock.h"
#include "run/executor.h"
#include "run/ticks.h"

namespace takt {
namespace {

Fault nothing(const void*, const void*, LaneContext&, uint32_t, uint32_t) { return nullptr; }

std::unique_ptr<Executor> make_executor(int lanes, const char* policy = "dynamic") {
  ExecutorOptions options;
  options.cpus.assign(size_t(lanes), -1);
  options.policy = *find_policy(policy);
  options.drop_fault = [](Fault) {};
  return std::make_unique<Executor>(options);
}

void submit(Executor& executor, const Program& program, std::atomic<uint64_t>& ended,
            const Assignment* assignment = nullptr) {
  Submission* s = executor.acquire();
  s->program = &program;
  s->owner = &ended;
  s->assignment = assignment;
  s->done = [](Submission& submission, Fault) {
    static_cast<std::atomic<uint64_t>*>(submission.owner)->fetch_add(1);
  };
  executor.submit(s);
}

Program waves_of(uint32_t waves, uint32_t width, uint32_t tiles) {
  std::vector<WorkItem> items(waves * width, WorkItem{.run = nothing, .tiles = tiles});
  std::vector<uint32_t> firsts(waves);
  for (uint32_t w = 0; w < waves; ++w) firsts[w] = w * width;
  return Program::from_waves(std::move(items), firsts);
}

// Items of many submissions at once, so that a policy is asked: {submissions, width, lanes}.
void many_in_flight(benchmark::State& state) {
  const auto executor = make_executor(int(state.range(2)));
  const Program program = waves_of(1, uint32_t(state.range(1)), 1);
  std::atomic<uint64_t> ended{0};
  uint64_t submitted = 0;
  for (auto _ : state) {
    const Nanos release = monotonic_now() + micros(200);
    for (int64_t n = 0; n < state.range(0); ++n, ++submitted) {
      Submission* s = executor->acquire();
      s->program = &program;
      s->owner = &ended;
      s->release = release;
      s->done = [](Submission& submission, Fault) {
        static_cast<std::atomic<uint64_t>*>(submission.owner)->fetch_add(1);
      };
      executor->submit(s);
    }
    while (ended.load() != submitted) executor->wait_idle();
  }
  state.SetItemsProcessed(int64_t(submitted) * state.range(1));
}
BENCHMARK(many_in_flight)->Args({4, 1000, 1})->Args({60, 1000, 1})->Args({60, 1000, 2});

// {waves, width, tiles, lanes}; items per second.
void empty_items(benchmark::State& state) {
  const auto executor = make_executor(int(state.range(3)));
  const Program program = waves_of(uint32_t(state.range(0)), uint32_t(state.range(1)),
                                   uint32_t(state.range(2)));
  std::atomic<uint64_t> ended{0};
  uint64_t submitted = 0;
  for (auto _ : state) {
    submit(*executor, program, ended);
    ++submitted;
    while (ended.load() != submitted) executor->wait_idle();
  }
  state.SetItemsProcessed(int64_t(submitted) * state.range(0) * state.range(1));
}
BENCHMARK(empty_items)
    ->Args({1, 1, 1, 1})
    ->Args({40, 1, 1, 1})
    ->Args({320, 1, 1, 1})
    ->Args({320, 1, 1, 2})
    ->Args({80, 4, 1, 1})
    ->Args({80, 4, 1, 2})
    ->Args({320, 1, 8, 1})
    ->Args({320, 1, 8, 2});

// The same chain with a plan for one lane, under hybrid.
void planned_chain(benchmark::State& state) {
  const auto executor = make_executor(2, "hybrid");
  const Program program = waves_of(320, 1, 1);
  Assignment plan;
  plan.items.resize(320);
  plan.by_lane.resize(2);
  for (uint32_t n = 0; n < 320; ++n) {
    plan.items[n] = {micros(n), micros(1), LaneMask::of(0)};
    plan.by_lane[0].push_back(n);
  }
  plan.lanes = LaneMask::of(0);
  std::atomic<uint64_t> ended{0};
  uint64_t submitted = 0;
  for (auto _ : state) {
    submit(*executor, program, ended, &plan);
    ++submitted;
    while (ended.load() != submitted) executor->wait_idle();
  }
  state.SetItemsProcessed(int64_t(submitted) * 320);
}
BENCHMARK(planned_chain);

void read_ticks(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ticks());
}
BENCHMARK(read_ticks);

void read_clock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(monotonic_now());
}
BENCHMARK(read_clock);

}  // namespace
}  // namespace takt
