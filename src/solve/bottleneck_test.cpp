// The bottleneck on schedules small enough to be read.
#include "solve/bottleneck.h"

#include <gtest/gtest.h>

#include <vector>

namespace takt {
namespace {

struct Placed {
  uint32_t pool;
  uint32_t lane;
  int64_t start, duration;
};

// One machine "m" of one lane (lane 0), one cluster "c" of two (lanes 1 and 2).
Instance instance_of(const std::vector<Placed>& placed) {
  Instance instance;
  instance.lane_names = {"m", "c0", "c1"};
  instance.pools.resize(2);
  instance.pools[0].lanes = {LaneId(0u)};
  instance.pools[1].lanes = {LaneId(1u), LaneId(2u)};
  instance.tasks.resize(1);
  instance.jobs.resize(1);
  instance.jobs[0].task = TaskId(0u);
  instance.jobs[0].deadline = Nanos::max();
  instance.jobs[0].op_count = static_cast<uint32_t>(placed.size());
  for (const Placed& op : placed) {
    Operation operation;
    operation.job = JobId(0u);
    operation.modes = {Mode{{{PoolId(op.pool), 1}}, "default", Nanos(op.duration)}};
    instance.operations.push_back(operation);
  }
  return instance;
}

Bottleneck find(const std::vector<Placed>& placed) {
  const Instance instance = instance_of(placed);
  const Problem problem(instance);
  Schedule schedule;
  schedule.resize(problem);
  for (uint32_t op = 0; op < placed.size(); ++op) {
    schedule.start[op] = Nanos(placed[op].start);
    schedule.lanes[problem.lane_slot(op)] = placed[op].lane;
  }
  return bottleneck_of(problem, schedule);
}

TEST(Bottleneck, IsThePoolWithTheGreatestLoadPerLane) {
  // The cluster has more work, 10 of 20; the machine 6 of 10.
  const Bottleneck found = find({{0, 0, 0, 6}, {1, 1, 0, 10}});
  EXPECT_EQ(found.pool, PoolId(0u));
  EXPECT_EQ(found.busy, Nanos(6));
  EXPECT_DOUBLE_EQ(found.load, 0.6);
}

TEST(Bottleneck, WorkWithoutAGapIsOneStretch) {
  const Bottleneck found = find({{0, 0, 0, 2}, {0, 0, 3, 4}, {0, 0, 7, 3}});
  EXPECT_EQ(found.lanes, 1);
  EXPECT_EQ(found.from, Nanos(3));
  EXPECT_EQ(found.to, Nanos(10));
}

TEST(Bottleneck, TheBusiestStretchHasTheMostLanesNotTheMostTime) {
  const Bottleneck found = find({{1, 1, 0, 10}, {1, 2, 2, 3}});
  EXPECT_EQ(found.lanes, 2);
  EXPECT_EQ(found.from, Nanos(2));
  EXPECT_EQ(found.to, Nanos(5));
}

TEST(Bottleneck, ALaneThatTakesOverKeepsTheStretchGoing) {
  const Bottleneck found = find({{1, 1, 0, 4}, {1, 2, 4, 4}});
  EXPECT_EQ(found.lanes, 1);
  EXPECT_EQ(found.from, Nanos(0));
  EXPECT_EQ(found.to, Nanos(8));
}

}  // namespace
}  // namespace takt
