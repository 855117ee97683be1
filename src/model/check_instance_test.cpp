// check_instance: each way an instance can be wrong is named in one sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "model/whole_instance.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

struct Fault {
  const char* expected;
  std::function<void(Instance&)> make;
};

const Fault kFaults[] = {
    {"two lanes are called 'a.0'", [](Instance& i) { i.lane_names[1] = "a.0"; }},
    {"two tasks are called 't'", [](Instance& i) { i.tasks.push_back(i.tasks[0]); }},
    {"pool 'a' has no lane", [](Instance& i) { i.pools[0].lanes.clear(); }},
    {"pool 'b' has no such lane: 9", [](Instance& i) { i.pools[1].lanes = {LaneId(9u)}; }},
    {"pool 'a' must list its lanes ascending",
     [](Instance& i) { std::swap(i.pools[0].lanes[0], i.pools[0].lanes[1]); }},
    {"pool 'b' shares lane 'a.3' with pool 'a'",
     [](Instance& i) { i.pools[1].lanes = {LaneId(3u)}; }},
    {"link 0 joins a site with itself", [](Instance& i) { i.links[0].to = 0; }},
    {"link 1 joins two sites that an earlier link joins",
     [](Instance& i) { i.links.push_back(i.links[0]); }},
    {"link 0 has a latency out of range", [](Instance& i) { i.links[0].latency = Nanos(-1); }},
    {"link 0 must carry", [](Instance& i) { i.links[0].bytes_per_us = 0; }},
    {"task 't' must have a weight of 1", [](Instance& i) { i.tasks[0].weight = 0; }},
    {"task 't' has a jitter_max", [](Instance& i) { i.tasks[0].jitter_max = Nanos(-1); }},
    {"job 1 has no such task", [](Instance& i) { i.jobs[1].task = TaskId(1u); }},
    {"job 1 is not numbered", [](Instance& i) { i.jobs[1].index = 0; }},
    {"job 1 must have at least one operation", [](Instance& i) { i.jobs[1].first_op = 1; }},
    {"job 1 must have at least one operation", [](Instance& i) { i.jobs[1].op_count = 3; }},
    {"job 0 must have at least one operation", [](Instance& i) { i.jobs[0].op_count = 0; }},
    {"operation 2 says", [](Instance& i) { i.operations[2].job = JobId(0u); }},
    {"operation 2 belongs to no job", [](Instance& i) { i.jobs.pop_back(); }},
    {"job 0 has a release", [](Instance& i) { i.jobs[0].release = Nanos(-1); }},
    {"job 0 has a deadline", [](Instance& i) { i.jobs[0].deadline = Nanos(-1); }},
    {"the horizon", [](Instance& i) { i.horizon = Nanos(0); }},
    {"not_before", [](Instance& i) { i.not_before = Nanos(-1); }},
    {"operation 1 has no mode", [](Instance& i) { i.operations[1].modes.clear(); }},
    {"operation 1 mode 1 must take a positive time, takes 0ns",
     [](Instance& i) { i.operations[1].modes[1].duration = Nanos(0); }},
    {"operation 1 mode 0 demands no lane",
     [](Instance& i) { i.operations[1].modes[0].demands.clear(); }},
    {"operation 1 mode 0 demands a pool that is not there",
     [](Instance& i) { i.operations[1].modes[0].demands[0].pool = PoolId(2u); }},
    {"operation 1 mode 0 demands 5 lanes of pool 'a', which has 4",
     [](Instance& i) { i.operations[1].modes[0].demands[0].count = 5; }},
    {"operation 1 mode 0 demands 0 lanes",
     [](Instance& i) { i.operations[1].modes[0].demands[0].count = 0; }},
    {"operation 1 mode 0 demands pool 'a' twice",
     [](Instance& i) { i.operations[1].modes[0].demands.push_back({PoolId(0u), 1}); }},
    {"precedence 0 names an operation", [](Instance& i) { i.precedences[0].after = OpId(9u); }},
    {"precedence 0 has a delay", [](Instance& i) { i.precedences[0].delay = Nanos(-1); }},
    {"precedence 0 has bytes", [](Instance& i) { i.precedences[0].bytes = -1; }},
    {"operation 2 waits for itself",
     [](Instance& i) { i.precedences.push_back({OpId(3u), OpId(2u), Nanos(0)}); }},
    {"chain 'c' must have a positive", [](Instance& i) { i.chains[0].deadline = Nanos(0); }},
    {"chain 'c' names a job", [](Instance& i) { i.chains[0].runs[0].last = JobId(2u); }},
    {"mode group 0 names", [](Instance& i) { i.mode_groups[0][1] = OpId(4u); }},
    {"mode group 1 holds operation 2, which",
     [](Instance& i) { i.mode_groups.push_back({OpId(2u)}); }},
    {"mode group 0 holds operations with different numbers",
     [](Instance& i) { i.operations[2].modes.pop_back(); }},
    {"outage 0 names a lane", [](Instance& i) { i.outages[0].lane = LaneId(5u); }},
    {"outage 0 must start before", [](Instance& i) { i.outages[0].start = Nanos(40); }},
    {"outage 0 has a time", [](Instance& i) { i.outages[0].start = Nanos(-1); }},
    {"commitment 0 names an operation", [](Instance& i) { i.commitments[0].op = OpId(4u); }},
    {"commitment 1 decides operation 0 a second time",
     [](Instance& i) { i.commitments.push_back(i.commitments[0]); }},
    {"commitment 0 starts at", [](Instance& i) { i.commitments[0].start = Nanos(-1); }},
    {"commitment 0 names a mode", [](Instance& i) { i.commitments[0].mode = 2; }},
    {"commitment 0 has lanes",   // not a block
     [](Instance& i) { i.commitments[0].lanes = {LaneId(1u), LaneId(2u)}; }},
    {"commitment 0 has lanes",
     [](Instance& i) { i.commitments[0].lanes = {LaneId(0u), LaneId(2u)}; }},
    {"commitment 0 has lanes", [](Instance& i) { i.commitments[0].lanes = {LaneId(4u)}; }},
    {"commitment 0 has lanes", [](Instance& i) { i.commitments[0].lanes.push_back(LaneId(9u)); }},
    {"commitment 1 has another mode than others of mode group 0",
     [](Instance& i) { i.commitments.push_back({OpId(2u), Nanos(0), 1, {LaneId(4u)}}); }},
    {"operation 3 is committed, but operation 2 before it is not",
     [](Instance& i) { i.commitments.push_back({OpId(3u), Nanos(90), 1, {LaneId(4u)}}); }},
    {"operation 1 is committed to start before operation 0 has ended",   // 10 + 1 + 5 + 20
     [](Instance& i) { i.commitments.push_back({OpId(1u), Nanos(35), 1, {LaneId(4u)}}); }},
    {"operations 0 and 2 are both committed to lane 'a.2' at one time",
     [](Instance& i) {
       i.commitments.push_back({OpId(2u), Nanos(9), 0, {LaneId(2u), LaneId(3u)}});
     }},
    {"too large", [](Instance& i) { i.operations[0].modes[0].duration = Nanos(1ll << 62); }},
    {"too large", [](Instance& i) { i.tasks[0].weight = INT64_MAX; }},
    {"too large",
     [](Instance& i) {
       i.chains[0].deadline = Nanos(1);
       i.jobs[1].release = Nanos(1ll << 44);
     }},
};

TEST(CheckInstance, AValidInstanceIsAccepted) {
  const Status status = check_instance(whole_instance());
  EXPECT_TRUE(status.ok()) << status.error().message;
  Instance just_in_time = whole_instance();
  just_in_time.commitments.push_back({OpId(1u), Nanos(36), 1, {LaneId(4u)}});
  EXPECT_TRUE(check_instance(just_in_time).ok());
  EXPECT_TRUE(check_instance(Instance{}).ok());
}

TEST(CheckInstance, EveryFaultIsNamed) {
  for (const Fault& fault : kFaults) {
    Instance instance = whole_instance();
    fault.make(instance);
    const Status status = check_instance(instance);
    ASSERT_FALSE(status.ok()) << fault.expected;
    EXPECT_THAT(status.error().message, HasSubstr("instance 'x': "));
    EXPECT_THAT(status.error().message, HasSubstr(fault.expected));
  }
}

}  // namespace
}  // namespace takt
