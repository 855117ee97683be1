// What a decision costs: choose() of every policy for 1, 4, 16 and 96 candidates, and place() for
// 8 and 64 lanes. A simulated operation takes one or two decisions, so 16 candidates are to stay
// below 300 ns.
#include <benchmark/benchmark.h>

#include <vector>

#include "base/rng.h"
#include "dispatch/policy.h"

namespace takt {
namespace {

// A mission as hybrid sees it: half planned (a third of it here), an eighth for the accelerator,
// deadlines everywhere, a quarter announced. Several sets, so that branches are not learnt.
std::vector<std::vector<Candidate>> questions(size_t count) {
  Rng rng(7);
  std::vector<std::vector<Candidate>> sets(64, std::vector<Candidate>(count));
  for (std::vector<Candidate>& set : sets) {
    for (size_t i = 0; i < count; ++i) {
      Candidate& c = set[i];
      c.submission = i / 2;
      c.op = uint32_t(i);
      c.kernel = uint32_t(1 + rng.below(5));
      c.planned = rng.below(2);
      c.bound = c.planned && rng.below(3) == 0;
      c.absolute = c.planned;
      if (c.planned) c.start = micros(int64_t(rng.below(2000)));
      c.release = rng.below(4) ? Nanos::min() : micros(int64_t(1000 + rng.below(1000)));
      c.duration = micros(int64_t(1 + rng.below(300)));
      c.deadline = micros(int64_t(2000 + rng.below(20'000)));
      c.remaining = c.duration + micros(int64_t(rng.below(1000)));
      c.open_tiles = 1 + uint32_t(rng.below(8));
      c.criticality = Criticality(rng.below(4));
      if (rng.below(8) == 0) c.accelerator_duration = micros(20);
      c.accelerator_free = rng.below(2);
    }
  }
  return sets;
}

void choose(benchmark::State& state, const Policy* policy) {
  const auto sets = questions(size_t(state.range(0)));
  const LaneView lane{0, 8};
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(policy->choose(lane, sets[next % sets.size()], micros(1000)));
    ++next;
  }
}

void place(benchmark::State& state) {
  Rng rng(7);
  std::vector<LaneLoad> loads(size_t(state.range(0)));
  for (uint32_t lane = 0; lane < loads.size(); ++lane)
    loads[lane] = {lane, lane / 4, micros(int64_t(rng.below(100)))};
  const Policy& policy = **find_policy("dynamic");
  const Candidate c;
  for (auto _ : state) benchmark::DoNotOptimize(policy.place(c, loads, 2));
}
BENCHMARK(place)->Arg(8)->Arg(64);

const bool registered = [] {
  for (const Policy* policy : all_policies())
    benchmark::RegisterBenchmark(("choose/" + std::string(policy->name())).c_str(), choose, policy)
        ->Arg(1)->Arg(4)->Arg(16)->Arg(96);
  return true;
}();

}  // namespace
}  // namespace takt
