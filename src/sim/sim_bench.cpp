// What an operation costs to simulate: a robot's load (control beside perception, 2 x 4 cores
// and an accelerator) over many windows, under every policy. Items are operations.
#include <benchmark/benchmark.h>

#include "base/check.h"
#include "sim/random_mission.h"
#include "sim/simulator.h"

namespace takt {
namespace {

Mission robot_mission() { return random_mission(4, {.pools = 2, .lanes_per_pool = 4}); }

void run_policy(benchmark::State& state, const Policy* policy, bool trace, const char* jitter) {
  const Mission mission = robot_mission();
  const bool planned = policy->name() == "hybrid" || policy->name() == "strict";
  const Result<SimInput> input =
      make_sim_input(mission.instance, planned ? &mission.plan : nullptr);
  CHECK(input.ok());
  SimOptions options;
  options.policy = policy;
  options.windows = 1000;
  options.trace = trace;
  options.jitter = *Jitter::parse(jitter);
  int64_t operations = 0;
  double questions = 0;
  for (auto _ : state) {
    const SimResult result = *simulate(*input, options);
    operations += int64_t(result.operations);
    questions = double(result.questions) / double(result.operations);
  }
  state.SetItemsProcessed(operations);
  state.counters["questions"] = questions;   // to the policy, per operation
}

const int registered = [] {
  for (const Policy* policy : all_policies()) {
    const std::string name = "simulate/" + std::string(policy->name());
    benchmark::RegisterBenchmark((name).c_str(), run_policy, policy, false, "none");
    benchmark::RegisterBenchmark((name + "/jitter").c_str(), run_policy, policy, false,
                                 "lognormal:20");
    benchmark::RegisterBenchmark((name + "/trace").c_str(), run_policy, policy, true, "none");
  }
  return 0;
}();

}  // namespace
}  // namespace takt
