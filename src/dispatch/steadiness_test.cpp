#include "dispatch/steadiness.h"

#include <gtest/gtest.h>

#include <vector>

#include "dispatch/policy.h"

namespace takt {
namespace {

using dispatch_tuning::kUnsteady;

TEST(Steadiness, ALaneIsUnsteadyForATimeAfterItLostItsCpu) {
  Steadiness lane;
  EXPECT_FALSE(lane.unsteady(Nanos(0)));
  lane.observe(micros(100), micros(290), millis(1));   // slow
  lane.observe(micros(1), micros(100), millis(1));     // an interrupt
  lane.observe(Nanos(0), seconds(1), millis(1));       // nobody knows how long it takes
  EXPECT_FALSE(lane.unsteady(millis(1)));
  lane.observe(micros(100), micros(310), millis(1));
  EXPECT_TRUE(lane.unsteady(millis(1)));
  lane.lost_cpu(millis(2));
  EXPECT_TRUE(lane.unsteady(millis(2) + kUnsteady - nanos(1)));
  EXPECT_FALSE(lane.unsteady(millis(2) + kUnsteady));
}

TEST(Steadiness, HardWorkKeepsOffAnUnsteadyLaneWhileASteadyOneIsFreeOrWillBeInTime) {
  std::vector<Candidate> candidates(2);
  Candidate& hard = candidates[0];
  hard.criticality = Criticality::kHard;
  hard.duration = hard.remaining = micros(20);
  candidates[1].duration = micros(20);
  LaneView lane{0, 2};
  lane.unsteady = true;
  for (std::string_view name : {"jobshop", "hybrid"}) {
    const Policy& policy = **find_policy(name);
    lane.others_idle = lane.others_steady = 1;
    hard.deadline = Nanos::max();
    EXPECT_EQ(policy.choose(lane, candidates, micros(0)).candidate, 1);
    EXPECT_EQ(policy.choose(lane, std::span(candidates).first(1), micros(0)).wait_until,
              dispatch_tuning::kPatience);
    lane.others_steady = 0;
    EXPECT_EQ(policy.choose(lane, candidates, micros(0)).candidate, 0);
    LaneView comes = lane;
    comes.steady_free_at = micros(50);
    hard.deadline = micros(69);
    EXPECT_EQ(policy.choose(comes, candidates, micros(0)).candidate, 0);   // too late for it
    hard.deadline = micros(70);
    EXPECT_EQ(policy.choose(comes, candidates, micros(0)).candidate, 1);
  }
}

}  // namespace
}  // namespace takt
