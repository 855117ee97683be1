#include "dispatch/reaction.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

using Reason = ReactionReason;

void beat_all(Reaction& reaction, uint32_t lanes, Nanos now) {
  for (uint32_t lane = 0; lane < lanes; ++lane) reaction.report_heartbeat(lane, now);
}

TEST(Reaction, ThrottlingCountsSoonRecoveryLater) {
  Reaction reaction(0, 2, millis(0));
  reaction.report_speed(1, 60, millis(0));
  EXPECT_EQ(reaction.next(millis(1)).reason, Reason::kNone);
  EXPECT_EQ(reaction.next_event(), millis(2));
  const ReactionStep step = reaction.next(millis(2));
  EXPECT_EQ(step.reason, Reason::kClusterSlower);
  EXPECT_EQ(step.subject, 1u);
  EXPECT_EQ(step.speed_pct, 60u);
  EXPECT_TRUE(step.replan);
  EXPECT_EQ(reaction.speed_pct(1), 60u);
  reaction.report_speed(1, 100, millis(10));
  reaction.report_speed(1, 58, millis(100));   // within a step of 60: no change after all
  EXPECT_EQ(reaction.next(seconds(1)).reason, Reason::kNone);
  reaction.report_speed(1, 100, seconds(1));
  EXPECT_EQ(reaction.next_event(), seconds(1) + millis(200));
  EXPECT_EQ(reaction.next(reaction.next_event()).reason, Reason::kClusterFaster);
}

TEST(Reaction, ASilentLaneIsLostAndHasToProveItself) {
  Reaction reaction(2, 1, millis(0));
  for (int ms = 0; ms <= 30; ms += 10) reaction.report_heartbeat(1, millis(ms));
  const ReactionStep lost = reaction.next(millis(30));
  EXPECT_EQ(lost.reason, Reason::kLaneSilent);
  EXPECT_EQ(lost.subject, 0u);
  EXPECT_EQ(reaction.usable(), LaneMask::of(1));
  EXPECT_EQ(reaction.next(millis(30)).reason, Reason::kNone);
  // Lost within 4 holds of its first heartbeat: 200 ms of steady ones are asked for.
  int back_after = 0;
  for (int ms = 40; ms < 1000 && !back_after; ms += 10) {
    beat_all(reaction, 2, millis(ms));
    if (reaction.next(millis(ms)).reason == Reason::kLaneBack) back_after = ms - 40;
  }
  EXPECT_EQ(back_after, 200);
  EXPECT_EQ(reaction.usable(), LaneMask::first(2));
}

TEST(Reaction, AStuckLaneIsLostAtOnce) {
  Reaction reaction(2, 1, millis(0));
  reaction.report_stuck(1, millis(1));
  EXPECT_EQ(reaction.next(millis(1)).reason, Reason::kLaneStuck);
  EXPECT_EQ(reaction.usable(), LaneMask::of(0));
}

TEST(Reaction, UnevenLoadAsksOnceUntilItWasEven) {
  ReactionOptions options;
  options.uneven_pct = 150;
  Reaction reaction(2, 1, millis(0), options);
  const auto load = [&](int64_t a, int64_t b, int ms) {
    beat_all(reaction, 2, millis(ms));
    const std::vector<Nanos> backlog = {micros(a), micros(b)};
    reaction.report_load(backlog, millis(ms));
    return reaction.next(millis(ms)).reason;
  };
  EXPECT_EQ(load(9000, 100, 0), Reason::kNone);
  EXPECT_EQ(load(9000, 100, 10), Reason::kNone);
  EXPECT_EQ(load(9000, 100, 20), Reason::kLoadUneven);
  EXPECT_EQ(load(9000, 100, 40), Reason::kNone);
  EXPECT_EQ(load(1000, 900, 50), Reason::kNone);
  EXPECT_EQ(load(9000, 100, 60), Reason::kNone);
  EXPECT_EQ(load(9000, 100, 80), Reason::kLoadUneven);
}

// However the reports flap: plans are asked for at most once in replan_gap, a lane is lost and
// back in turn, and every step that was not allowed a plan gets it later.
TEST(Reaction, RandomReportsAskForFewPlans) {
  const uint64_t seed = 20261125;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 50; ++round) {
    Reaction reaction(4, 2, millis(0));
    const ReactionOptions options;
    Nanos last_plan = -seconds(1);
    bool owed = false;
    for (int ms = 0; ms < 3000; ++ms) {
      const Nanos now = millis(ms);
      for (uint32_t lane = 0; lane < 4; ++lane)
        if (rng.below(12) == 0) reaction.report_heartbeat(lane, now);
      if (rng.below(50) == 0) reaction.report_speed(uint32_t(rng.below(2)),
                                                    uint32_t(rng.below(120)), now);
      if (rng.below(200) == 0) reaction.report_stuck(uint32_t(rng.below(4)), now);
      LaneMask before = reaction.usable();
      for (ReactionStep step; (step = reaction.next(now)).reason != Reason::kNone;) {
        const bool lost = step.reason == Reason::kLaneStuck ||
                          step.reason == Reason::kLaneSilent;
        if (lost || step.reason == Reason::kLaneBack) {
          EXPECT_EQ(before.has(step.subject), lost);
        }
        before = reaction.usable();
        if (step.replan) {
          EXPECT_GE(now - last_plan, options.replan_gap);
          last_plan = now;
        }
        owed = !step.replan;
      }
      EXPECT_TRUE(!owed || now - last_plan <= options.replan_gap);
      EXPECT_GT(reaction.next_event(), now);
    }
  }
}

}  // namespace
}  // namespace takt
