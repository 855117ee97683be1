// What is noticed of disturbances, and when; who has an accelerator, and for how long.
#include <gtest/gtest.h>

#include <algorithm>

#include "sim/random_mission.h"
#include "sim/simulator.h"

namespace takt {
namespace {

constexpr uint64_t kSeed = 4;

SimResult run(const char* policy, int64_t windows, std::vector<std::string> disturbances) {
  const Mission mission = random_mission(kSeed, {.pools = 2, .lanes_per_pool = 2});
  const Result<SimInput> input = make_sim_input(mission.instance, nullptr);
  CHECK(input.ok());
  SimOptions options;
  options.policy = *find_policy(policy);
  options.windows = windows;
  options.disturbances = std::move(disturbances);
  Result<SimResult> result = simulate(*input, options);
  CHECK_MSG(result.ok(), result.ok() ? "" : result.error().message.c_str());
  return std::move(*result);
}

std::vector<TraceEvent> decisions(const SimResult& result, TraceDecision which) {
  std::vector<TraceEvent> found;
  std::copy_if(result.trace.events.begin(), result.trace.events.end(), std::back_inserter(found),
               [&](const TraceEvent& e) {
                 return e.kind == TraceEvent::Kind::kDecision && e.value == uint16_t(which);
               });
  return found;
}

Nanos only(const SimResult& result, TraceDecision which) {
  const std::vector<TraceEvent> found = decisions(result, which);
  EXPECT_EQ(found.size(), 1u) << name_of(which);
  return found.empty() ? Nanos(-1) : found.front().begin;
}

TEST(Engine, ASlowerClusterIsReckonedWithAfterTwoMillisecondsAndAFasterOneAfter200) {
  const SimResult result = run("jobshop", 100, {"thermal:cluster=c0,pct=60,at=20ms,for=100ms"});
  EXPECT_EQ(only(result, TraceDecision::kClusterSlower), millis(22));
  EXPECT_EQ(only(result, TraceDecision::kClusterFaster), millis(320));
  EXPECT_EQ(decisions(result, TraceDecision::kSpeed).size(), 2u);
  EXPECT_GE(result.replans_asked, 2u);
}

TEST(Engine, AShortThrottleIsIgnored) {
  const SimResult result = run("jobshop", 20, {"thermal:cluster=c0,pct=60,at=20ms,for=1ms"});
  EXPECT_TRUE(decisions(result, TraceDecision::kClusterSlower).empty());
}

TEST(Engine, ALaneThatIsTakenAwayIsLostAtOnceAndHasToProveItself) {
  const SimResult result = run("dynamic", 140, {"lane-loss:lane=c0.0,at=500ms,for=50ms"});
  const Nanos lost = only(result, TraceDecision::kLaneLost);
  const Nanos back = only(result, TraceDecision::kLaneBack);
  EXPECT_EQ(lost, millis(500));
  EXPECT_EQ(back, millis(650));
  for (const TraceEvent& e : result.trace.events)
    if (e.kind == TraceEvent::Kind::kOp && e.lane == 0) {
      EXPECT_TRUE(e.end <= lost || e.begin >= back) << e.begin.ns;
    }
}

TEST(Engine, AStallIsNoticedByTheMissingHeartbeat) {
  const SimResult result = run("dynamic", 400, {"stall:lane=c0.1,every=1s,for=60ms"});
  const std::vector<TraceEvent> silent = decisions(result, TraceDecision::kLaneSilent);
  ASSERT_FALSE(silent.empty());
  EXPECT_EQ(silent.front().lane, 1);
  for (const TraceEvent& e : result.trace.events)
    if (e.kind == TraceEvent::Kind::kOp && e.lane == 1) {
      EXPECT_FALSE(e.begin > silent.front().begin && e.begin < silent.front().begin + millis(100));
    }
}

TEST(Engine, WhatHangsOnAnAcceleratorIsTimedOutAndRunsAgain) {
  const SimResult healthy = run("dynamic", 40, {});
  const SimResult hung = run("dynamic", 40, {"npu-hang:lane=npu,every=3ms"});
  ASSERT_EQ(hung.accelerators.size(), 1u);
  const AcceleratorStatistics& s = hung.accelerators[0].statistics;
  const std::vector<TraceEvent> noticed = decisions(hung, TraceDecision::kAcceleratorTimedOut);
  ASSERT_FALSE(noticed.empty());
  EXPECT_EQ(noticed.size(), s.time_outs);
  EXPECT_EQ(decisions(hung, TraceDecision::kAcceleratorBack).size(), s.time_outs);
  EXPECT_EQ(healthy.accelerators[0].statistics.time_outs, 0u);
}

TEST(Engine, AnAcceleratorThatNoResetHelpsIsGivenUp) {
  const SimResult result = run("dynamic", 20, {"npu-fault:lane=npu,at=10ms"});
  EXPECT_EQ(only(result, TraceDecision::kAcceleratorGivenUp), millis(12));   // the third reset
  EXPECT_EQ(result.accelerators[0].statistics.faults, 3u);
  for (const TraceEvent& e : result.trace.events)
    if (e.kind == TraceEvent::Kind::kOp && result.trace.lanes[e.lane] == "npu") {
      EXPECT_LE(e.end, millis(10));
    }
}

// What the manager counted is what the trace shows.
TEST(Engine, TheUseOfAnAcceleratorIsReported) {
  for (const Policy* policy : all_policies()) {
    const SimResult result = run(std::string(policy->name()).c_str(), 20, {});
    const SimAccelerator& npu = result.accelerators.at(0);
    EXPECT_EQ(npu.statistics.busy, result.busy[npu.lane]) << policy->name();
    const auto runs = std::count_if(
        result.trace.events.begin(), result.trace.events.end(), [&](const TraceEvent& e) {
          return e.kind == TraceEvent::Kind::kOp && e.lane == npu.lane;
        });
    EXPECT_EQ(npu.statistics.grants - npu.statistics.declined, uint64_t(runs)) << policy->name();
  }
}

}  // namespace
}  // namespace takt
