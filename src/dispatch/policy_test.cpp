#include "dispatch/policy.h"

#include <gtest/gtest.h>

#include <vector>

namespace takt {
namespace {

const Policy& policy(std::string_view name) { return **find_policy(name); }

int choice(std::string_view name, const std::vector<Candidate>& candidates, Nanos now) {
  return policy(name).choose({0, 2}, candidates, now).candidate;
}

Candidate planned(uint64_t submission, Nanos start, bool bound, Criticality criticality) {
  Candidate c;
  c.submission = submission;
  c.planned = true;
  c.bound = bound;
  c.start = start;
  c.duration = micros(10);
  c.slack = micros(5);
  c.criticality = criticality;
  return c;
}

TEST(Policy, UnknownNameListsTheKnownOnes) {
  auto found = find_policy("fastest");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().kind, Error::Kind::kUsage);
  EXPECT_NE(found.error().message.find("hybrid"), std::string::npos);
}

TEST(Policy, DynamicTakesTheMostUrgentThenTheFirst) {
  Candidate soft, hard;
  soft.submission = 1;
  hard.submission = 2;
  hard.criticality = Criticality::kHard;
  EXPECT_EQ(choice("dynamic", {soft, hard}, micros(0)), 1);
  hard.criticality = soft.criticality;
  EXPECT_EQ(choice("dynamic", {soft, hard}, micros(0)), 0);
}

TEST(Policy, JobshopTakesTheEarliestDeadline) {
  Candidate late, early;
  late.submission = 1;
  late.deadline = millis(20);
  early.submission = 2;
  early.deadline = millis(10);
  EXPECT_EQ(choice("jobshop", {late, early}, micros(0)), 1);
}

TEST(Policy, StrictWaitsForThePlannedStart) {
  const std::vector<Candidate> candidates = {planned(1, micros(50), true, Criticality::kFirm)};
  const Decision early = policy("strict").choose({0, 2}, candidates, micros(40));
  EXPECT_EQ(early.candidate, Decision::kNone);
  EXPECT_EQ(early.wait_until, micros(50));
  EXPECT_EQ(choice("strict", candidates, micros(50)), 0);
}

TEST(Policy, StrictKeepsTheOrderOfThePlan) {
  auto first = planned(1, micros(10), true, Criticality::kSoft);
  auto second = planned(2, micros(20), true, Criticality::kHard);
  first.ready = false;
  EXPECT_EQ(choice("strict", {first, second}, micros(30)), Decision::kNone);
  first.ready = true;
  EXPECT_EQ(choice("strict", {first, second}, micros(30)), 0);
}

TEST(Policy, HybridStartsEarlyAndHelpsBusyOrLostOwners) {
  EXPECT_EQ(choice("hybrid", {planned(1, micros(50), true, Criticality::kFirm)}, micros(0)), 0);
  auto others = planned(1, micros(0), false, Criticality::kFirm);
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), 0);   // its lanes are busy or asleep
  others.owner_idle = true;
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), Decision::kNone);
  const auto after_idle = [&](Nanos idle) {
    return policy("hybrid").choose({0, 2, idle}, std::vector{others}, micros(0)).candidate;
  };
  EXPECT_EQ(after_idle(micros(20)), Decision::kNone);
  EXPECT_EQ(after_idle(micros(21)), 0);
  others.absolute = true;
  EXPECT_EQ(choice("hybrid", {others}, micros(20)), Decision::kNone);
  EXPECT_EQ(choice("hybrid", {others}, micros(21)), 0);
}

TEST(Policy, HybridKeepsALaneFreeForMoreCriticalWork) {
  auto control = planned(2, micros(12), true, Criticality::kHard);
  control.ready = false;
  control.slack = micros(0);
  auto vision = planned(1, micros(30), true, Criticality::kSoft);
  vision.duration = micros(20);
  const Decision held = policy("hybrid").choose({0, 2}, std::vector{control, vision}, micros(0));
  EXPECT_EQ(held.candidate, Decision::kNone);
  EXPECT_EQ(held.wait_until, micros(12));
  control.slack = micros(8);   // 0 + 20 us just fits
  EXPECT_EQ(choice("hybrid", {control, vision}, micros(0)), 1);
}

TEST(Policy, PinnedRunsOnlyOnItsLanes) {
  EXPECT_EQ(choice("pinned", {planned(1, Nanos::min(), false, Criticality::kHard)}, micros(0)),
            Decision::kNone);
  EXPECT_EQ(choice("pinned", {planned(1, Nanos::min(), true, Criticality::kHard)}, micros(0)), 0);
}

}  // namespace
}  // namespace takt
