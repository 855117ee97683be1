// verify() against instances with everything that verify_test's small one has not: sites,
// blocks, commitments, outages, groups, all levels.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "model/verify.h"
#include "model/whole_instance.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

std::string text_of(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) text += violation.what + '\n';
  return text;
}

struct Change {
  const char* expected;
  std::function<void(Plan&)> make;
};

ObjectiveLevel& level(Plan& plan, std::string_view name) {
  for (ObjectiveLevel& each : plan.objective)
    if (each.name == name) return each;
  CHECK_MSG(false, "no such level");
  return plan.objective[0];
}

Change lie(const char* name, const char* expected) {
  return {expected, [name](Plan& plan) { ++level(plan, name).value; }};
}

const Change kChanges[] = {
    {"task 't' job 0 operation 0 on a.2+a.3 [1ns, 11ns): is committed to start at 0ns on a.2+a.3",
     [](Plan& p) { p.operations[0].start = Nanos(1); }},
    {"is committed to start at 0ns on a.2+a.3",
     [](Plan& p) { p.operations[0].lanes = {LaneId(0u), LaneId(1u)}; }},
    {"job 1 operation 0 on a.1+a.2 [100ns, 110ns): these lanes are no aligned block",
     [](Plan& p) { p.operations[2].lanes = {LaneId(1u), LaneId(2u)}; }},
    {"job 1 operation 1 on b.0 [135ns, 155ns): starts before task 't' job 1 operation 0 on "
     "a.0+a.1 [100ns, 110ns) has ended and 1ns have passed and its 2 bytes have come in 25ns",
     [](Plan& p) { p.operations[3].start = Nanos(135); }},
    {"job 0 operation 1 on a.2+a.3 [10ns, 20ns): starts before",
     [](Plan& p) { p.operations[1].start = Nanos(10); }},
    {"job 0 operation 1 on a.2+a.3 [7ns, 17ns): starts before 8ns, when the plan may begin",
     [](Plan& p) { p.operations[1].start = Nanos(7); }},
    {"job 1 operation 0 on a.0+a.1 [99ns, 109ns): starts before its job's release at 100ns",
     [](Plan& p) { p.operations[2].start = Nanos(99); }},
    {"job 0 operation 1 on a.0+a.1 [11ns, 21ns): lane a.1 is out of use in [5ns, 40ns)",
     [](Plan& p) { p.operations[1].lanes = {LaneId(0u), LaneId(1u)}; }},
    {"job 1 operation 0 on b.0 [100ns, 120ns): has another mode than task 't' job 0 operation 0",
     [](Plan& p) {
       p.operations[2].lanes = {LaneId(4u)};
       p.operations[2].duration = Nanos(20);
     }},
    lie("hard_misses", "objective 'hard_misses': the plan claims 2, it is 1"),
    lie("hard_tardiness", "objective 'hard_tardiness': the plan claims 19, it is 18"),
    lie("firm_misses", "objective 'firm_misses': the plan claims 1, it is 0"),
    lie("chain_latency", "objective 'chain_latency': the plan claims 3120001, it is 3120000"),
    lie("control_jitter", "objective 'control_jitter': the plan claims 26, it is 25"),
    lie("soft_tardiness", "objective 'soft_tardiness': the plan claims 1, it is 0"),
    lie("makespan", "objective 'makespan': the plan claims 157, it is 156"),
    lie("active_lanes", "objective 'active_lanes': the plan claims 6, it is 5"),
    lie("busy", "objective 'busy': the plan claims 81, it is 80"),
};

TEST(VerifyInstance, AValidPlanHasNoViolation) {
  EXPECT_EQ(text_of(verify(whole_plan(), whole_instance())), "");
  EXPECT_EQ(text_of(verify(whole_plan(), std::vector<DispatchGraph>{})), "");
}

TEST(VerifyInstance, EveryKindOfViolationIsNamed) {
  for (const Change& change : kChanges) {
    Plan plan = whole_plan();
    change.make(plan);
    EXPECT_THAT(text_of(verify(plan, whole_instance())), HasSubstr(change.expected));
  }
}

TEST(VerifyInstance, ACommitmentMayOverlapAnOutageAndPrecedeItsRelease) {
  Instance instance = whole_instance();
  instance.outages.push_back({LaneId(2u), Nanos(0), Nanos(11)});
  instance.jobs[0].release = Nanos(9);
  Plan plan = whole_plan();
  plan.instance_hash = instance.hash();
  level(plan, "chain_latency").value = 2'940'000;   // from 9 to 156
  level(plan, "control_jitter").value = 34;         // 56 - 12 - 10
  EXPECT_EQ(text_of(verify(plan, instance)), "");
}

TEST(VerifyInstance, WhatAPlanAloneDoesNotSayIsCheckedFromBelow) {
  Plan plan = whole_plan();
  level(plan, "hard_misses").value = 2;
  level(plan, "chain_latency").value = 7;
  level(plan, "control_jitter").value = 7;
  const std::vector<DispatchGraph> none;
  EXPECT_EQ(text_of(verify(plan, none)), "");
  level(plan, "control_jitter").value = -1;
  level(plan, "busy").value = 81;
  EXPECT_THAT(text_of(verify(plan, none)), HasSubstr("'control_jitter': the plan claims -1, it "
                                                     "is at least 0"));
  EXPECT_THAT(text_of(verify(plan, none)), HasSubstr("'busy': the plan claims 81, it is 80"));
}

TEST(VerifyInstance, AMalformedInstanceIsNamed) {
  Instance instance = whole_instance();
  instance.pools[0].lanes.clear();
  EXPECT_EQ(text_of(verify(whole_plan(), instance)),
            "the instance itself is malformed: instance 'x': pool 'a' has no lane\n");
}

}  // namespace
}  // namespace takt
