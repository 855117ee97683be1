#include "app/announced.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takt {
namespace {

Instance two_clusters() {
  Instance base;
  base.lane_names = {"big.0", "little.0"};
  base.pools = {{"big", {LaneId(0u)}}, {"little", {LaneId(1u)}}};
  base.horizon = millis(100);
  base.jobs.push_back({TaskId(0u), 0, Nanos(0), millis(20), 0, 0});
  return base;
}

Workload throttled() {
  Workload workload;
  workload.throttling = {{seconds(1), "big", 60}, {seconds(2), "little", 50},
                         {seconds(3), "big", 100}};
  return workload;
}

Conditions at(Nanos from, Conditions measured = {}) {
  const Instance base = two_clusters();
  const Nanos origin = seconds(100);   // the mission began there, too
  return with_announced(std::move(measured), speed_changes(throttled(), base, origin), origin,
                        origin + from, origin + from + millis(100), base);
}

TEST(Announced, AWindowIsPlannedForTheSpeedsOfItsTime) {
  EXPECT_EQ(at(Nanos(0)), Conditions());
  EXPECT_EQ(at(millis(1500)).speed_pct, (std::vector<uint32_t>{60, 100}));
  EXPECT_TRUE(at(millis(1500)).speed_changes.empty()) << "such a window may be kept";
  EXPECT_EQ(at(millis(2500)).speed_pct, (std::vector<uint32_t>{60, 50}));
  EXPECT_EQ(at(millis(3500)).speed_pct, (std::vector<uint32_t>{100, 50}));
}

TEST(Announced, AChangeInAWindowOrDuringItsLastJobsIsInIt) {
  const SpeedChange change{seconds(1), PoolId(0u), 60};
  EXPECT_THAT(at(millis(950)).speed_changes, testing::ElementsAre(change));
  EXPECT_THAT(at(millis(885)).speed_changes, testing::ElementsAre(change));
  EXPECT_TRUE(at(millis(875)).speed_changes.empty()) << "its jobs are over 20 ms after it";
}

TEST(Announced, TheLowerOfMeasuredAndAnnouncedSpeedCounts) {
  Conditions measured;
  measured.speed_pct = {50, 80};
  EXPECT_EQ(at(millis(1500), measured).speed_pct, (std::vector<uint32_t>{50, 80}));
  EXPECT_EQ(at(millis(2500), measured).speed_pct, (std::vector<uint32_t>{50, 50}));
  EXPECT_EQ(at(millis(950), measured).speed_changes.front().speed_pct, 50u);
}

TEST(Announced, WhatIsAnnouncedHappensInTheSimulator) {
  EXPECT_THAT(thermal_disturbances(throttled()),
              testing::ElementsAre("thermal:cluster=big,pct=60,at=1s,for=2s",
                                   "thermal:cluster=little,pct=50,at=2s"));
}

TEST(Announced, AClusterThatIsNotThereIsNamed) {
  const Status status = check_throttling(throttled(), Instance(), "w.yaml");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, testing::HasSubstr("w.yaml: throttling: the SoC has no "
                                                         "cluster 'big'"));
  EXPECT_TRUE(check_throttling(throttled(), two_clusters(), "w.yaml").ok());
}

}  // namespace
}  // namespace takt
