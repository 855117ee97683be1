#include "dispatch/triggers.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

using Reason = ReplanReason;

uint32_t bit(Reason reason) { return 1u << int(reason); }

Triggers robot() { return Triggers({8, 2, 1, 16}); }

TEST(Triggers, NothingHappensNothingIsAsked) {
  Triggers triggers = robot();
  EXPECT_EQ(triggers.next(seconds(1)).reason, Reason::kNone);
  EXPECT_EQ(triggers.next_event(), Nanos::max());
}

TEST(Triggers, ALostLaneAsksAtOnceAndWhatComesWithItIsCovered) {
  Triggers triggers = robot();
  triggers.report({ReactionReason::kClusterSlower, 1, millis(5), 60});
  triggers.report({ReactionReason::kLaneStuck, 3, millis(5)});
  const ReplanRequest request = triggers.next(millis(5));
  EXPECT_EQ(request.reason, Reason::kLaneLost);
  EXPECT_EQ(request.subject, 3u);
  EXPECT_EQ(request.covers, bit(Reason::kLaneLost) | bit(Reason::kSlower));
  EXPECT_EQ(triggers.next(seconds(9)).reason, Reason::kNone);
  EXPECT_FALSE(triggers.usable().has(3));
  EXPECT_EQ(triggers.speed_pct(1), 60u);
}

TEST(Triggers, WhatIsOverBeforeAPlanIsAllowedIsNotAskedFor) {
  Triggers triggers = robot();
  triggers.report_mode(2, millis(0));
  EXPECT_EQ(triggers.next(millis(0)).reason, Reason::kMode);
  triggers.report({ReactionReason::kClusterSlower, 0, millis(10), 50});
  EXPECT_EQ(triggers.next(millis(10)).reason, Reason::kNone);
  EXPECT_EQ(triggers.next_event(), millis(100));
  triggers.report({ReactionReason::kClusterFaster, 0, millis(50), 100});
  EXPECT_EQ(triggers.next(millis(100)).reason, Reason::kNone);
  triggers.report({ReactionReason::kClusterSlower, 0, millis(150), 50});
  const ReplanRequest request = triggers.next(millis(150));
  EXPECT_EQ(request.reason, Reason::kSlower);
  EXPECT_EQ(request.planned_pct, 100u);
  EXPECT_EQ(request.measured_pct, 50u);
}

TEST(Triggers, AnAcceleratorIsLostAtOnceAndBackWhenItStays) {
  Triggers triggers = robot();
  triggers.report_accelerator(0, false, millis(0));
  EXPECT_EQ(triggers.next(millis(0)).reason, Reason::kAcceleratorLost);
  triggers.report_accelerator(0, true, millis(200));
  EXPECT_EQ(triggers.next(millis(299)).reason, Reason::kNone);
  EXPECT_EQ(triggers.next_event(), millis(300));
  EXPECT_EQ(triggers.next(millis(300)).reason, Reason::kAcceleratorBack);
  triggers.report_accelerator(0, false, millis(450));   // again, soon: 200 ms from now on
  EXPECT_EQ(triggers.next(millis(450)).reason, Reason::kAcceleratorLost);
  triggers.report_accelerator(0, true, millis(500));
  triggers.report_accelerator(0, true, millis(600));
  EXPECT_EQ(triggers.next_event(), millis(700));
}

TEST(Triggers, OfferedLoadCountsWhenItLasts) {
  Triggers triggers = robot();
  const auto offer = [&](int64_t pct, int ms) {
    triggers.report_offered(micros(pct * 100), millis(10), millis(ms));
    return triggers.next(millis(ms));
  };
  EXPECT_EQ(offer(150, 100).reason, Reason::kNone);
  EXPECT_EQ(offer(105, 200).reason, Reason::kNone);   // a burst
  EXPECT_EQ(offer(130, 300).reason, Reason::kNone);
  EXPECT_EQ(offer(120, 400).reason, Reason::kNone);
  const ReplanRequest request = offer(120, 500);
  EXPECT_EQ(request.reason, Reason::kLoad);
  EXPECT_EQ(request.planned_pct, 100u);
  EXPECT_EQ(request.measured_pct, 120u);
  int asked_at = 0;
  for (int ms = 600; ms < 4000 && !asked_at; ms += 100)
    if (offer(100, ms).reason == Reason::kLoad) asked_at = ms;
  EXPECT_EQ(asked_at, 2600);                          // less has to last for 2 s
}

// Another reason plans for what holds now, but not for a load of one window.
TEST(Triggers, ABurstDuringAnotherReasonIsNotPlannedFor) {
  Triggers triggers = robot();
  triggers.report_offered(millis(20), millis(10), millis(0));
  triggers.report_mode(1, millis(0));
  EXPECT_EQ(triggers.next(millis(0)).covers, bit(Reason::kMode));
  triggers.report_offered(millis(10), millis(10), millis(100));
  EXPECT_EQ(triggers.next(seconds(10)).reason, Reason::kNone);
}

TEST(Triggers, AKernelThatChangedAsksOnceWithItsFactor) {
  Triggers triggers = robot();
  const auto run = [&](uint32_t kernel, int64_t us, int n, int ms) {
    for (int i = 0; i < n; ++i)
      triggers.report_duration(kernel, micros(100), micros(us + i % 3), millis(ms));
    return triggers.next(millis(ms));
  };
  EXPECT_EQ(run(3, 100, 500, 0).reason, Reason::kNone);
  EXPECT_EQ(run(4, 1000, 2, 1).reason, Reason::kNone);   // a co-tenant's spike
  const ReplanRequest slower = run(3, 150, 40, 2);
  EXPECT_EQ(slower.reason, Reason::kDuration);
  EXPECT_EQ(slower.subject, 3u);
  EXPECT_NEAR(slower.measured_pct, 151, 2);
  EXPECT_EQ(triggers.duration_pct(4), 100u);
  EXPECT_EQ(run(3, 150, 500, 500).reason, Reason::kNone);
  EXPECT_EQ(run(3, 100, 40, 1000).reason, Reason::kDuration);
  EXPECT_EQ(run(3, 85, 100, 2000).reason, Reason::kNone);   // faster, but not by 25 %
  EXPECT_NEAR(triggers.duration_pct(3), 86, 2);
  EXPECT_EQ(run(5, 150, 40, 2001).reason, Reason::kDuration);
  triggers.planned_with_new_costs();
  EXPECT_EQ(triggers.duration_pct(5), 100u);
}

TEST(Triggers, AKernelThatIsBackBeforeThePlanAsksForNone) {
  Triggers triggers = robot();
  triggers.report_mode(1, millis(0));
  EXPECT_EQ(triggers.next(millis(0)).reason, Reason::kMode);
  for (const int64_t us : {100, 200, 100})
    for (int i = 0; i < 60; ++i)
      triggers.report_duration(0, micros(100), micros(us), millis(10));
  EXPECT_EQ(triggers.next(millis(200)).reason, Reason::kNone);
}

TEST(Triggers, LateJobsAskEverMoreSeldom) {
  Triggers triggers = robot();
  std::vector<int> asked;
  for (int ms = 0; ms < 10'000; ++ms) {
    triggers.report_late(2, millis(ms));
    const ReplanRequest request = triggers.next(millis(ms));
    if (request.reason == Reason::kNone) continue;
    EXPECT_EQ(request.reason, Reason::kLate);
    EXPECT_EQ(request.subject, 2u);
    asked.push_back(ms);
  }
  EXPECT_EQ(asked, (std::vector<int>{0, 100, 300, 700, 1500, 3100, 6300}));
  EXPECT_EQ(triggers.next(seconds(30)).reason, Reason::kNone);   // long ago
  triggers.report_late(2, seconds(30));
  EXPECT_EQ(triggers.next(seconds(30)).reason, Reason::kLate);   // a new spell
}

TEST(Triggers, UnevenLoadIsWhatThePolicyMakes) {
  Triggers triggers = robot();
  triggers.report({ReactionReason::kLoadUneven, 0, millis(1)});
  EXPECT_EQ(triggers.next(seconds(1)).reason, Reason::kNone);
}

// However the reports flap: requests keep their gap, each names something that is not as planned,
// and when all is quiet nothing is owed.
TEST(Triggers, RandomReports) {
  const TriggerOptions options;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Triggers triggers({8, 2, 2, 4});
    LaneMask lanes = LaneMask::first(8), planned = lanes;
    Nanos last = -seconds(1);
    Nanos now;
    const auto check = [&](const ReplanRequest& request) {
      if (request.reason == Reason::kNone) return;
      EXPECT_GE(now - last, options.gap);
      last = now;
      EXPECT_TRUE(request.covers & bit(request.reason));
      EXPECT_EQ((request.covers & bit(Reason::kLaneLost)) != 0, !(planned - lanes).empty());
      EXPECT_EQ((request.covers & bit(Reason::kLaneBack)) != 0, !(lanes - planned).empty());
      EXPECT_EQ(triggers.usable(), lanes);
      planned = lanes;
    };
    for (int i = 0; i < 5000; ++i) {
      now += micros(int64_t(rng.below(2000)));
      const uint32_t lane = uint32_t(rng.below(8));
      switch (rng.below(12)) {
        case 0:
          triggers.report({ReactionReason::kLaneSilent, lane, now});
          lanes.remove(lane);
          break;
        case 1:
          triggers.report({ReactionReason::kLaneBack, lane, now});
          lanes.add(lane);
          break;
        case 2: triggers.report({ReactionReason::kClusterSlower, lane % 2, now, 40 + lane}); break;
        case 3: triggers.report_accelerator(lane % 2, rng.below(2), now); break;
        case 4: triggers.report_mode(lane % 3, now); break;
        case 5: triggers.report_offered(micros(int64_t(rng.below(200))), micros(100), now); break;
        case 6: triggers.report_late(lane, now); break;
        default: triggers.report_duration(lane % 4, micros(10), micros(5 + lane), now); break;
      }
      check(triggers.next(now));
    }
    for (int quiet = 0; triggers.next_event() != Nanos::max() && quiet < 100; ++quiet) {
      now = std::max(now, triggers.next_event());
      check(triggers.next(now));
    }
    EXPECT_EQ(triggers.next_event(), Nanos::max());
    EXPECT_EQ(planned, lanes);
  }
}

}  // namespace
}  // namespace takt
