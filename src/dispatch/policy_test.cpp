#include "dispatch/policy.h"

#include <gtest/gtest.h>

#include <vector>

#include "dispatch/policy_question.h"
#include "dispatch/random_candidates.h"
#include "dispatch/urgency.h"

namespace takt {
namespace {

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
  EXPECT_EQ(choice("dynamic-fcfs", {soft, hard}, micros(0)), 0);
  hard.criticality = soft.criticality;
  EXPECT_EQ(choice("dynamic", {soft, hard}, micros(0)), 0);
}

TEST(Policy, RoundRobinServesTheNextOlderSubmissionThenTheNewest) {
  const std::vector<Candidate> candidates = {plain(3, Criticality::kSoft, micros(1)),
                                             plain(5, Criticality::kSoft, micros(1)),
                                             plain(8, Criticality::kSoft, micros(1))};
  LaneView lane{0, 1};
  std::vector<uint64_t> served;
  for (int turn = 0; turn < 5; ++turn) {
    const Decision d = ask("dynamic-round-robin", candidates, micros(0), lane);
    served.push_back(lane.last_submission = candidates[size_t(d.candidate)].submission);
  }
  EXPECT_EQ(served, (std::vector<uint64_t>{8, 5, 3, 8, 5}));
}

TEST(Policy, ModesOrderByDurationKernelAndWidth) {
  Candidate a = plain(1, Criticality::kSoft, micros(20)), b = plain(2, a.criticality, micros(10));
  EXPECT_EQ(choice("dynamic-sjf", {a, b}, micros(0)), 1);
  EXPECT_EQ(choice("dynamic-widest-first", {a, b}, micros(0)), 0);
  b.open_tiles = 4;
  EXPECT_EQ(choice("dynamic-widest-first", {a, b}, micros(0)), 1);
  a.kernel = 1;
  b.kernel = 2;
  LaneView lane{0, 1};
  EXPECT_EQ(ask("dynamic-batch", {a, b}, micros(0), lane).candidate, 0);
  lane.last_kernel = 2;
  EXPECT_EQ(ask("dynamic-batch", {a, b}, micros(0), lane).candidate, 1);
  b.submission = a.submission + dispatch_tuning::kBatchWindow;   // overtakes no further
  EXPECT_EQ(ask("dynamic-batch", {a, b}, micros(0), lane).candidate, 0);
}

TEST(Policy, WhatIsPlacedElsewhereIsLeftToAnIdleOwnerForAWhile) {
  Candidate c = plain(1, Criticality::kSoft, micros(20));
  c.placed = false;
  EXPECT_EQ(choice("dynamic", {c}, micros(0)), 0);
  c.owner_idle = true;
  const Decision left = ask("dynamic", {c}, micros(0));
  EXPECT_EQ(left.candidate, Decision::kNone);
  EXPECT_EQ(left.wait_until, micros(20));
  EXPECT_EQ(ask("dynamic", {c}, micros(21), {0, 2, micros(21)}).candidate, 0);
  c.owner_idle = false;   // keep-asleep packs: even a busy owner keeps its work for a time
  EXPECT_EQ(choice("dynamic-keep-asleep", {c}, micros(0)), Decision::kNone);
  EXPECT_EQ(ask("dynamic-keep-asleep", {c}, micros(0), {0, 2, micros(201)}).candidate, 0);
}

TEST(Policy, KeepAsleepWakesALaneOnlyWhenTheAwakeOnesAreBusyForLong) {
  std::vector<LaneLoad> loads = {{0, 0, micros(150)}, {1, 0, micros(0), 100, false}};
  const Candidate c = plain(1, Criticality::kSoft, micros(20));
  EXPECT_EQ(policy("dynamic-keep-asleep").place(c, loads, 1), LaneMask::of(0));
  EXPECT_EQ(policy("dynamic").place(c, loads, 1), LaneMask::of(1));
  loads[0].backlog = micros(250);
  EXPECT_EQ(policy("dynamic-keep-asleep").place(c, loads, 1), LaneMask::of(1));
}

TEST(Policy, JobshopTakesTheEarliestDeadlineThenTheLeastLaxity) {
  Candidate late, early;
  late.submission = 1;
  late.deadline = millis(20);
  late.remaining = millis(1);
  early.submission = 2;
  early.deadline = millis(10);
  early.remaining = millis(1);
  EXPECT_EQ(choice("jobshop", {late, early}, micros(0)), 1);
  late.deadline = early.deadline;
  EXPECT_EQ(choice("jobshop", {late, early}, micros(0)), 0);
  early.remaining = millis(2);
  EXPECT_EQ(choice("jobshop", {late, early}, micros(0)), 1);
  late.priority = 1;
  EXPECT_EQ(choice("jobshop", {late, early}, micros(0)), 0);
}

TEST(Policy, JobshopKeepsALaneFreeForWhatIsAnnounced) {
  const Candidate hard = announced(micros(50), micros(30), Criticality::kHard);
  Candidate soft = plain(1, Criticality::kSoft, micros(100));
  const Decision held = ask("jobshop", {hard, soft}, micros(0));
  EXPECT_EQ(held.candidate, Decision::kNone);
  EXPECT_EQ(held.wait_until, micros(50));
  soft.duration = micros(77);        // over at its latest start less the margin, 80 - 10 / 4 us
  EXPECT_EQ(choice("jobshop", {hard, soft}, micros(0)), 1);
  soft.duration = micros(100);
  soft.open_tiles = 10;              // can be left at a tile boundary
  EXPECT_EQ(choice("jobshop", {hard, soft}, micros(0)), 1);
  soft.open_tiles = 1;
  LaneView lane{0, 2};
  lane.others_idle = 1;              // the other lane will do
  EXPECT_EQ(ask("jobshop", {hard, soft}, micros(0), lane).candidate, 1);
  EXPECT_EQ(ask("jobshop", {hard, soft, hard}, micros(0), lane).candidate, Decision::kNone);
}

TEST(Policy, AcceleratorIsTakenWaitedForOrReplacedByTheCore) {
  for (std::string_view name : {"jobshop", "hybrid"}) {
    const Decision taken = ask(name, {accelerated(micros(100), Nanos::max())}, micros(0));
    EXPECT_EQ(taken.candidate, 0);
    EXPECT_EQ(taken.unit, Unit::kAccelerator);
    const Decision waits = ask(name, {accelerated(micros(100), micros(50))}, micros(0));
    EXPECT_EQ(waits.candidate, Decision::kNone);
    EXPECT_EQ(waits.wait_until, micros(50));
    const Decision core = ask(name, {accelerated(micros(60), micros(50))}, micros(0));
    EXPECT_EQ(core.candidate, 0);
    EXPECT_EQ(core.unit, Unit::kCore);
  }
  // Hard work takes what it can get, and nobody waits under dynamic.
  Candidate hard = accelerated(micros(100), micros(50));
  hard.criticality = Criticality::kHard;
  EXPECT_EQ(ask("hybrid", {hard}, micros(0)).unit, Unit::kCore);
  EXPECT_EQ(ask("dynamic", {accelerated(micros(100), micros(50))}, micros(0)).unit, Unit::kCore);
  Candidate only = accelerated(micros(0), micros(50));
  only.on_core = false;
  EXPECT_EQ(ask("dynamic", {only}, micros(0)).wait_until, micros(50));
}

TEST(Policy, AcceleratorIsKeptForTheMoreCritical) {
  Candidate hard = announced(micros(5), micros(0), Criticality::kHard);
  hard.accelerator_duration = micros(5);
  hard.on_core = false;
  Candidate soft = accelerated(micros(0), Nanos::max());
  LaneView lane{0, 2};
  lane.others_idle = 1;
  EXPECT_EQ(ask("jobshop", {soft}, micros(0), lane).unit, Unit::kAccelerator);
  EXPECT_EQ(ask("jobshop", {soft, hard}, micros(0), lane).unit, Unit::kCore);
}

TEST(Policy, StrictWaitsForThePlannedStart) {
  const std::vector<Candidate> candidates = {planned(1, micros(50), true, Criticality::kFirm)};
  const Decision early = ask("strict", candidates, micros(40));
  EXPECT_EQ(early.candidate, Decision::kNone);
  EXPECT_EQ(early.wait_until, micros(50));
  EXPECT_EQ(choice("strict", candidates, micros(50)), 0);
}

TEST(Policy, StrictKeepsTheOrderAndTheUnitOfThePlan) {
  auto first = planned(1, micros(10), true, Criticality::kSoft);
  auto second = planned(2, micros(20), true, Criticality::kHard);
  first.ready = false;
  EXPECT_EQ(choice("strict", {first, second}, micros(30)), Decision::kNone);
  first.ready = true;
  EXPECT_EQ(choice("strict", {first, second}, micros(30)), 0);
  first.planned_unit = Unit::kAccelerator;
  EXPECT_EQ(ask("strict", {first, second}, micros(30)).unit, Unit::kCore);   // nobody drives it
  first.accelerator_duration = micros(1);
  EXPECT_EQ(choice("strict", {first, second}, micros(30)), Decision::kNone);
  first.accelerator_free = true;
  EXPECT_EQ(ask("strict", {first, second}, micros(30)).unit, Unit::kAccelerator);
}

TEST(Policy, StrictFillsGapsOnlyWithWhatFits) {
  const auto next = planned(1, micros(50), true, Criticality::kSoft);
  auto filler = plain(2, Criticality::kHard, micros(11));
  EXPECT_EQ(choice("strict", {next, filler}, micros(40)), Decision::kNone);
  filler.duration = micros(10);
  EXPECT_EQ(choice("strict", {next, filler}, micros(40)), 1);
}

TEST(Policy, HybridStartsEarlyAndHelpsBusyOrLostOwners) {
  EXPECT_EQ(choice("hybrid", {planned(1, micros(50), true, Criticality::kFirm)}, micros(0)), 0);
  auto others = planned(1, micros(0), false, Criticality::kFirm);
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), 0);   // its lanes are busy or asleep
  others.owner_idle = true;
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), Decision::kNone);
  const auto after_idle = [&](Nanos idle) {
    return ask("hybrid", {others}, micros(0), {0, 2, idle}).candidate;
  };
  EXPECT_EQ(after_idle(micros(20)), Decision::kNone);
  EXPECT_EQ(after_idle(micros(21)), 0);
  others.absolute = true;
  EXPECT_EQ(choice("hybrid", {others}, micros(20)), Decision::kNone);
  EXPECT_EQ(choice("hybrid", {others}, micros(21)), 0);
  EXPECT_EQ(ask("hybrid", {others}, micros(5)).replan, ReplanReason::kNone);
  others.slack = millis(50);
  EXPECT_EQ(ask("hybrid", {others}, millis(2)).replan, ReplanReason::kLaneLost);
}

TEST(Policy, HybridTakesTheWorkOfABusyLaneWhenItEndsEarlierHere) {
  auto others = planned(1, micros(0), false, Criticality::kFirm);
  others.owner_free_at = micros(30);
  others.owner_duration = micros(5);   // a faster lane
  others.duration = micros(40);
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), Decision::kNone);
  EXPECT_EQ(ask("hybrid", {others}, micros(0)).wait_until, micros(30));
  others.duration = micros(34);
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), 0);
  others.duration = micros(40);
  others.open_tiles = 4;               // it helps with a tile: more lanes
  EXPECT_EQ(choice("hybrid", {others}, micros(0)), 0);
}

TEST(Policy, HybridKeepsALaneFreeForMoreCriticalWork) {
  auto control = planned(2, micros(12), true, Criticality::kHard);
  control.ready = false;
  control.slack = micros(0);
  auto vision = planned(1, micros(30), true, Criticality::kSoft);
  vision.duration = micros(20);
  const Decision held = ask("hybrid", {control, vision}, micros(0));
  EXPECT_EQ(held.candidate, Decision::kNone);
  EXPECT_EQ(held.wait_until, micros(12));
  EXPECT_EQ(held.shed, Decision::kNone);
  control.slack = micros(8);   // 0 + 20 us just fits
  EXPECT_EQ(choice("hybrid", {control, vision}, micros(0)), 1);
}

TEST(Policy, HybridShiftsThePlanAndLetsTheMoreCriticalPassOnceItIsDue) {
  const auto map = planned(1, micros(10), true, Criticality::kBestEffort);
  auto vision = planned(2, micros(20), true, Criticality::kSoft);
  vision.slack = millis(1);
  EXPECT_EQ(choice("hybrid", {map, vision}, micros(15)), 0);   // late, still in order
  EXPECT_EQ(choice("hybrid", {map, vision}, micros(20)), 1);
  // Hard and firm work does not wait for less critical work of the plan.
  const auto control = planned(3, micros(500), true, Criticality::kHard);
  EXPECT_EQ(choice("hybrid", {map, vision, control}, micros(15)), 2);
}

TEST(Policy, HybridJoinsWhatOthersRunOnceItIsBehindThePlan) {
  auto others = planned(1, micros(50), false, Criticality::kHard);
  others.absolute = true;
  others.lanes_on = 1;
  others.open_tiles = 4;
  const Decision ahead = ask("hybrid", {others}, micros(49));
  EXPECT_EQ(ahead.candidate, Decision::kNone);
  EXPECT_EQ(ahead.wait_until, micros(50));
  EXPECT_EQ(choice("hybrid", {others}, micros(50)), 0);
}

TEST(Policy, HybridPrefersWhatWouldBeTooLateToWhatCanWait) {
  auto own = planned(1, micros(0), true, Criticality::kHard);
  own.slack = micros(100);
  auto stranded = planned(2, micros(0), false, Criticality::kHard);   // its lane is busy
  stranded.slack = micros(100);
  EXPECT_EQ(choice("hybrid", {own, stranded}, micros(0)), 0);
  stranded.slack = micros(5);
  EXPECT_EQ(choice("hybrid", {own, stranded}, micros(0)), 1);
  own.slack = micros(5);
  EXPECT_EQ(choice("hybrid", {own, stranded}, micros(0)), 0);
}

TEST(Policy, HybridAsksForAPlanAndGivesUpLateWorkThatIsInTheWay) {
  auto control = planned(1, micros(10), true, Criticality::kHard);
  control.ready = false;
  EXPECT_EQ(ask("hybrid", {control}, micros(15)).replan, ReplanReason::kNone);
  EXPECT_EQ(ask("hybrid", {control}, micros(16)).replan, ReplanReason::kLate);
  control.criticality = Criticality::kSoft;
  EXPECT_EQ(ask("hybrid", {control}, micros(16)).replan, ReplanReason::kNone);
  control.criticality = Criticality::kHard;
  auto soft = plain(2, Criticality::kSoft, micros(50));
  soft.deadline = micros(60);
  EXPECT_EQ(ask("hybrid", {control, soft}, micros(10)).shed, Decision::kNone);   // in time yet
  soft.remaining = micros(51);
  EXPECT_EQ(ask("hybrid", {control, soft}, micros(10)).shed, 1);
  auto idle_work = soft;
  idle_work.submission = 3;
  idle_work.criticality = Criticality::kBestEffort;
  EXPECT_EQ(ask("hybrid", {control, soft, idle_work}, micros(10)).shed, 2);
}

// Without a plan hybrid is jobshop, whatever the question.
TEST(Policy, HybridWithoutAPlanIsJobshop) {
  const uint64_t seed = 511;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Candidate> candidates(rng.below(7));
    for (size_t i = 0; i < candidates.size(); ++i) {
      candidates[i] = random_candidate(rng, i);
      candidates[i].planned = candidates[i].bound = false;
    }
    const LaneView lane = random_lane(rng);
    const Decision a = ask("hybrid", candidates, micros(50), lane);
    const Decision b = ask("jobshop", candidates, micros(50), lane);
    ASSERT_EQ(a.candidate, b.candidate) << round;
    ASSERT_EQ(a.unit, b.unit) << round;
    ASSERT_EQ(a.wait_until, b.wait_until) << round;
  }
}

// What starts under hybrid never makes something more critical of this lane late that was not.
TEST(Policy, HybridNeverPushesTheMoreCriticalBeyondItsLatestStart) {
  const uint64_t seed = 512;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  int held = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<Candidate> candidates(1 + rng.below(7));
    for (size_t i = 0; i < candidates.size(); ++i) candidates[i] = random_candidate(rng, i);
    const Nanos now = micros(int64_t(rng.below(100)));
    const Decision d = ask("hybrid", candidates, now, random_lane(rng));
    if (d.candidate < 0) {
      ++held;
      continue;
    }
    const Candidate& chosen = candidates[size_t(d.candidate)];
    const Nanos end = now + blocks_for(chosen, d.unit);
    for (const Candidate& c : candidates) {
      const bool protects = c.bound && c.criticality < chosen.criticality &&
                            latest_start(c) != Nanos::max() && latest_start(c) > now;
      EXPECT_TRUE(!protects || end <= std::max(latest_start(c), c.release)) << round;
    }
  }
  EXPECT_GT(held, 0);
}

TEST(Policy, PinnedRunsOnlyOnItsLanes) {
  EXPECT_EQ(choice("pinned", {planned(1, Nanos::min(), false, Criticality::kHard)}, micros(0)),
            Decision::kNone);
  EXPECT_EQ(choice("pinned", {planned(1, Nanos::min(), true, Criticality::kHard)}, micros(0)), 0);
}

}  // namespace
}  // namespace takt
