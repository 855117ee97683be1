// The executor drives accelerators: which variant runs, exclusive use by many lanes, what happens
// when the accelerator fails, hangs or is given up. The state machine: dispatch/accelerator_test.
#include "run/accelerator_unit.h"

#include <gtest/gtest.h>

#include <thread>

#include "run/executor.h"
#include "run/random_dag.h"

namespace takt {
namespace {

constexpr Criticality kSoft = Criticality::kSoft;

AcceleratorRequest request(uint32_t lane, Nanos core = Nanos::max()) {
  return {.user = lane, .criticality = kSoft, .priority = 0, .duration = micros(1),
          .core_duration = core};
}

TEST(AcceleratorUnit, ManyLanesUseItOneAtATimeAndHandItOver) {
  constexpr uint32_t kLanes = 4, kUses = 2000;
  AcceleratorUnit unit({.name = "npu", .drivers = LaneMask::first(kLanes), .options = {
      .patience = 1'000'000, .least_time_out = seconds(3600)}, .reset = {}}, kLanes);
  uint64_t plain = 0;   // TSan, and the sum, see two users at once
  std::vector<std::thread> lanes;
  for (uint32_t l = 0; l < kLanes; ++l)
    lanes.emplace_back([&, l] {
      for (uint32_t n = 0; n < kUses; ++n) {
        ASSERT_TRUE(unit.acquire(request(l)));
        ++plain;
        ASSERT_TRUE(unit.release(l, false));
      }
    });
  for (std::thread& lane : lanes) lane.join();
  EXPECT_EQ(plain, kLanes * kUses);
  const AcceleratorStatistics statistics = unit.statistics();
  EXPECT_EQ(statistics.grants, kLanes * kUses);
  EXPECT_EQ(statistics.faults + statistics.time_outs + statistics.fallbacks, 0u);
  EXPECT_EQ(unit.free_at(monotonic_now()), Nanos::min());
}

TEST(AcceleratorUnit, WhoHangsLosesItAndIsReset) {
  int resets = 0;
  AcceleratorUnit unit({.name = "npu", .drivers = LaneMask::first(2),
                        .options = {.least_time_out = micros(50), .reset_duration = micros(1)},
                        .reset = [&] { ++resets; }}, 2);
  ASSERT_TRUE(unit.acquire(request(0)));
  EXPECT_FALSE(unit.acquire(request(1, Nanos(1)))) << "its core is done before";
  while (!unit.lost(0)) {
  }
  EXPECT_EQ(resets, 1);
  ASSERT_TRUE(unit.acquire(request(1)));
  EXPECT_FALSE(unit.release(0, false)) << "what a lane does that lost it does not count";
  EXPECT_TRUE(unit.release(1, false));
  EXPECT_EQ(unit.statistics().time_outs, 1u);
}

TEST(AcceleratorUnit, IsGivenUpAfterFaultsAndComesBackWhenAsked) {
  AcceleratorUnit unit({.name = "npu", .drivers = LaneMask::of(0),
                        .options = {.reset_duration = Nanos(1), .faults_max = 2}, .reset = {}}, 1);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(unit.acquire(request(0)));
    EXPECT_FALSE(unit.release(0, true));
  }
  EXPECT_EQ(unit.free_at(monotonic_now()), Nanos::max());
  EXPECT_FALSE(unit.acquire(request(0, micros(5))));
  unit.restore();
  while (unit.free_at(monotonic_now()) != Nanos::min()) {
  }
  EXPECT_TRUE(unit.acquire(request(0)));
}

// Items that count where they ran.
struct Places {
  std::atomic<uint32_t> core{0}, accelerator{0};
  uint32_t fail_after = UINT32_MAX;   // runs on the accelerator that are good

  static Fault on_core(const void*, const void* data, LaneContext&, uint32_t, uint32_t) {
    const_cast<Places*>(static_cast<const Places*>(data))->core.fetch_add(1);
    return nullptr;
  }
  static Fault on_accelerator(const void*, const void* data, LaneContext&,
                              const AcceleratorUse& use) {
    auto& places = *const_cast<Places*>(static_cast<const Places*>(data));
    EXPECT_EQ(use.accelerator(), 0u);
    return places.accelerator.fetch_add(1) < places.fail_after ? nullptr : Fault(&places);
  }
};

class Drive : public ::testing::TestWithParam<const Policy*> {
 protected:
  static constexpr uint32_t kItems = 20;

  // One lane that the calling thread runs; a chain of items that are faster on the accelerator.
  void run(Places& places, const Assignment* plan = nullptr) {
    ExecutorOptions options;
    options.workers = false;
    options.policy = GetParam();
    options.drop_fault = [](Fault fault) { ASSERT_NE(fault, nullptr); };
    options.accelerators = {{.name = "npu", .drivers = LaneMask::of(0),
                             .options = {.reset_duration = Nanos(1)}, .reset = {}}};
    Executor executor(options);
    std::vector<WorkItem> items(kItems, {.run = Places::on_core, .duration = micros(100),
                                         .on_accelerator = Places::on_accelerator,
                                         .accelerator_duration = micros(10)});
    std::vector<std::vector<uint32_t>> deps(kItems);
    for (uint32_t n = 1; n < kItems; ++n) deps[n] = {n - 1};
    const Program program = Program::from_deps(std::move(items), deps);
    EXPECT_EQ((*program.facts())[0].remaining, micros(10) * kItems);
    Submission* s = executor.acquire();
    s->program = &program;
    s->data = &places;
    s->assignment = plan;
    s->owner = &ended_;
    s->done = [](Submission& ended, Fault fault) {
      EXPECT_EQ(ended.end(), SubmissionEnd::kDone);
      EXPECT_EQ(fault, nullptr);
      *static_cast<bool*>(ended.owner) = true;
    };
    executor.submit(s);
    executor.wait_idle();
    EXPECT_TRUE(ended_);
    statistics_ = executor.statistics().accelerators.at(0);
  }

  bool ended_ = false;
  AcceleratorStatistics statistics_;
};

TEST_P(Drive, TheFasterUnitWithoutAPlan) {
  Places places;
  run(places);
  EXPECT_EQ(places.accelerator, kItems);
  EXPECT_EQ(places.core, 0u);
  EXPECT_EQ(statistics_.grants, kItems);
  EXPECT_GT(statistics_.utilisation(), 0.0);
}

TEST_P(Drive, WhatItFailsAtIsDoneByTheCore) {
  Places places;
  places.fail_after = 5;
  run(places);
  EXPECT_EQ(places.core, kItems - 5);
  EXPECT_EQ(statistics_.faults, places.accelerator - 5);
  EXPECT_LE(statistics_.faults, AcceleratorOptions().faults_max) << "then it is given up";
}

TEST_P(Drive, ThePlannedUnit) {
  Assignment plan;
  plan.items.resize(kItems);
  plan.by_lane.resize(1);
  plan.lanes = LaneMask::of(0);
  for (uint32_t n = 0; n < kItems; ++n) {
    plan.items[n] = {micros(10) * n, micros(10), LaneMask::of(0),
                     n % 2 ? Unit::kAccelerator : Unit::kCore};
    plan.by_lane[0].push_back(n);
  }
  Places places;
  run(places, &plan);
  if (GetParam()->name() == "strict") {
    EXPECT_EQ(places.accelerator, kItems / 2);
  }
  EXPECT_EQ(places.accelerator + places.core, kItems);
  EXPECT_GE(places.accelerator, kItems / 2);
}

INSTANTIATE_TEST_SUITE_P(All, Drive, ::testing::ValuesIn(all_policies()), [](const auto& policy) {
  std::string name(policy.param->name());
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name;
});

}  // namespace
}  // namespace takt
