#include "sim/simulator.h"

#include <gtest/gtest.h>

#include "sim/random_mission.h"
#include "sim/trace_checker.h"

namespace takt {
namespace {

const char* const kFaults[] = {
    "stall:lane=c0.0,every=2ms,for=300us",
    "cotenant:lane=c0.1,share=30,slice=400us",
    "thermal:cluster=c0,pct=40,at=3ms,for=4ms",
    "lane-loss:lane=c0.0,at=2ms,for=5ms",
    "lane-loss:lane=c1.0,at=1ms",
    "npu-fault:lane=npu,every=2ms,for=500us",
    "late-input:task=t0,max=800us,chance=50",
};

SimOptions options_for(const Policy* policy, uint64_t seed) {
  SimOptions options;
  options.policy = policy;
  options.seed = seed;
  options.windows = 3;
  options.grace = millis(200);
  return options;
}

SimInput input_of(const Mission& mission, bool with_plan) {
  Result<SimInput> input = make_sim_input(mission.instance, with_plan ? &mission.plan : nullptr);
  CHECK_MSG(input.ok(), input.ok() ? "" : input.error().message.c_str());
  return std::move(*input);
}

// Every policy, with and without a plan, undisturbed and under everything at once: what an
// independent checker of the trace finds.
TEST(Simulator, WhateverHappensTheInvariantsHold) {
  const uint64_t first_seed = 20261124;
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first_seed));
  for (uint64_t seed = first_seed; seed < first_seed + 60; ++seed) {
    const Mission mission = random_mission(seed, {.links = seed % 2 == 0});
    for (const Policy* policy : all_policies()) {
      for (const bool with_plan : {false, true}) {
        SimInput input = input_of(mission, with_plan);
        if (policy->name() == "pinned" && !with_plan) pin_tasks(input);
        SimOptions options = options_for(policy, seed);
        const uint64_t kind = Rng(seed).below(3);
        if (kind > 0) options.jitter = *Jitter::parse(kind == 1 ? "heavy:30" : "uniform:40");
        for (const char* fault : kFaults)
          if (Rng(seed ^ uint64_t(fault[0])).below(3) == 0 && mission_has(mission, fault))
            options.disturbances.push_back(fault);
        const Result<SimResult> result = simulate(input, options);
        ASSERT_TRUE(result.ok()) << result.error().message;
        const std::string wrong = check_trace(mission.instance, options, *result);
        ASSERT_EQ(wrong, "") << "seed " << seed << ", policy " << policy->name()
                             << (with_plan ? ", planned" : "");
      }
    }
  }
}

// With a plan, and nothing in the way, strict is the plan.
TEST(Simulator, StrictUndisturbedIsThePlanToTheNanosecond) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const Mission mission = random_mission(seed);
    const SimInput input = input_of(mission, true);
    const SimOptions options = options_for(*find_policy("strict"), seed);
    const SimResult result = *simulate(input, options);
    EXPECT_EQ(check_planned_times(mission, options, result.trace), "") << "seed " << seed;
  }
}

TEST(Simulator, OneSeedReplaysBitForBitAndAnotherDoesNot) {
  const Mission mission = random_mission(5);
  const SimInput input = input_of(mission, true);
  SimOptions options = options_for(*find_policy("hybrid"), 7);
  options.jitter = *Jitter::parse("lognormal:20");
  options.disturbances = {"stall:lane=c0.0,every=1ms,for=100us"};
  const SimResult once = *simulate(input, options), again = *simulate(input, options);
  EXPECT_EQ(once.digest, again.digest);
  ASSERT_EQ(once.trace.events.size(), again.trace.events.size());
  for (size_t i = 0; i < once.trace.events.size(); ++i)
    EXPECT_TRUE(equal_events(once.trace.events[i], again.trace.events[i]));
  options.seed = 8;
  EXPECT_NE((*simulate(input, options)).digest, once.digest);
  options.seed = 7;
  options.trace = false;
  EXPECT_EQ((*simulate(input, options)).digest, once.digest);
}

// Equal operations of equal jobs meet equal durations, whatever the policy does.
TEST(Simulator, JitterDoesNotDependOnThePolicy) {
  const Mission mission = random_mission(11, {.pools = 1, .lanes_per_pool = 1});
  const SimInput input = input_of(mission, false);
  std::vector<Nanos> busy;
  for (const char* name : {"dynamic", "jobshop", "dynamic-sjf"}) {
    SimOptions options = options_for(*find_policy(name), 3);
    options.jitter = *Jitter::parse("uniform:50");
    const SimResult result = *simulate(input, options);
    if (shed_jobs(result.trace) == 0) busy.push_back(result.busy[0]);
  }
  ASSERT_GE(busy.size(), 2u);
  for (const Nanos time : busy) EXPECT_EQ(time, busy[0]);
}

TEST(Simulator, WrongDisturbancesAreExplained) {
  const SimInput input = input_of(random_mission(1), false);
  for (const auto& [text, says] : std::vector<std::pair<std::string, std::string>>{
           {"earthquake:at=3ms", "there is no disturbance 'earthquake'"},
           {"stall:lane=c0.0,every=1ms", "needs for=TIME"},
           {"stall:lane=moon,every=1ms,for=1us", "needs lane=NAME of a core: c0.0"},
           {"thermal:cluster=c0,pct=0", "pct must be a whole number"},
           {"thermal:cluster=c0,pct=50,when=3ms", "does not know 'when'"},
           {"lane-loss:lane", "'lane' is not key=value"},
           {"late-input:task=t0,task=t1,max=1ms", "gives 'task' twice"}}) {
    SimOptions options = options_for(*find_policy("dynamic"), 1);
    options.disturbances = {text};
    const Result<SimResult> result = simulate(input, options);
    ASSERT_FALSE(result.ok()) << text;
    EXPECT_EQ(result.error().kind, Error::Kind::kUsage);
    EXPECT_NE(result.error().message.find(says), std::string::npos) << result.error().message;
  }
}

}  // namespace
}  // namespace takt
