// What every policy promises its callers, whatever it decides (policy.h): a new policy joins by its
// line in the table of policy.cpp.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/rng.h"
#include "dispatch/closed_loop.h"
#include "dispatch/policy.h"
#include "dispatch/random_candidates.h"

namespace takt {
namespace {

class PolicyContract : public testing::TestWithParam<const Policy*> {
 protected:
  const Policy& policy() const { return *GetParam(); }
};

bool runnable(const Candidate& c, Nanos now) {
  const bool npu = c.accelerator_free && c.accelerator_duration > Nanos(0);
  return c.ready && c.release <= now && (c.on_core || npu);
}

// True when `d` may answer `candidates`.
void check_answer(const Policy& policy, const std::vector<Candidate>& candidates, Nanos now,
                  const Decision& d) {
  ASSERT_LT(d.candidate, int(candidates.size()));
  ASSERT_LT(d.shed, int(candidates.size()));
  if (d.shed >= 0) {
    EXPECT_GE(candidates[size_t(d.shed)].criticality, Criticality::kSoft);
    EXPECT_NE(d.shed, d.candidate);
  }
  if (d.candidate >= 0) {
    const Candidate& c = candidates[size_t(d.candidate)];
    EXPECT_TRUE(c.ready && c.release <= now);
    if (d.unit == Unit::kAccelerator) {
      EXPECT_TRUE(c.accelerator_free && c.accelerator_duration > Nanos(0));
    } else {
      EXPECT_TRUE(c.on_core);
    }
    EXPECT_TRUE(!policy.keeps_lanes() || !c.planned || c.bound);
    return;
  }
  EXPECT_GT(d.wait_until, now);
  // strict and pinned may wait for one planned operation, however long it takes to become ready.
  const bool bound = std::ranges::any_of(candidates, [](auto& c) { return c.bound; });
  if (policy.keeps_lanes() && bound) return;
  for (const Candidate& c : candidates) {
    const bool ours = !policy.keeps_lanes() || !c.planned;
    EXPECT_TRUE(!ours || c.release <= now || d.wait_until <= c.release);
    // What could run without a plan is held back for a time only.
    EXPECT_TRUE(c.planned || !runnable(c, now) || d.wait_until < Nanos::max());
  }
}

TEST_P(PolicyContract, RandomCandidatesGetAnAllowedAnswer) {
  const uint64_t seed = 20261123;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 20'000; ++round) {
    SCOPED_TRACE(round);
    const Nanos now = micros(int64_t(rng.below(100)));
    std::vector<Candidate> candidates(rng.below(round % 100 ? 7 : 96));
    for (size_t i = 0; i < candidates.size(); ++i) candidates[i] = random_candidate(rng, i);
    const LaneView lane = random_lane(rng);
    const Decision d = policy().choose(lane, candidates, now);
    check_answer(policy(), candidates, now, d);
    const Decision again = policy().choose(lane, candidates, now);
    EXPECT_EQ(again.candidate, d.candidate);
    EXPECT_EQ(again.unit, d.unit);
    EXPECT_EQ(again.wait_until, d.wait_until);
    EXPECT_EQ(again.shed, d.shed);
    EXPECT_EQ(again.replan, d.replan);
    if (HasFailure()) return;
  }
}

// With nothing planned, placed elsewhere or announced a steady lane has no reason to wait.
TEST_P(PolicyContract, NeverIdleWithPlainWork) {
  const uint64_t seed = 20261124;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 5'000; ++round) {
    std::vector<Candidate> candidates(1 + rng.below(7));
    for (size_t i = 0; i < candidates.size(); ++i) {
      Candidate& c = candidates[i] = random_candidate(rng, i);
      c.planned = c.bound = false;
      c.placed = c.ready = c.on_core = true;
      c.release = c.start = Nanos::min();
      c.accelerator_free_at = Nanos::max();
    }
    LaneView lane = random_lane(rng);
    lane.unsteady = false;
    EXPECT_GE(policy().choose(lane, candidates, micros(50)).candidate, 0);
  }
}

// The order of the candidates does not matter.
TEST_P(PolicyContract, TheAnswerDoesNotDependOnTheOrderOfTheQuestion) {
  const uint64_t seed = 20261125;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 5'000; ++round) {
    const Nanos now = micros(int64_t(rng.below(100)));
    std::vector<Candidate> candidates(2 + rng.below(6));
    for (size_t i = 0; i < candidates.size(); ++i) candidates[i] = random_candidate(rng, i);
    const LaneView lane = random_lane(rng);
    const Decision d = policy().choose(lane, candidates, now);
    std::vector<Candidate> turned(candidates.rbegin(), candidates.rend());
    const Decision e = policy().choose(lane, turned, now);
    ASSERT_EQ(d.candidate < 0, e.candidate < 0);
    if (d.candidate >= 0) {
      EXPECT_EQ(candidates[size_t(d.candidate)].submission,
                turned[size_t(e.candidate)].submission) << round;
      EXPECT_EQ(d.unit, e.unit);
    }
    EXPECT_EQ(d.wait_until, e.wait_until);
  }
}

TEST_P(PolicyContract, PlacesOnUsableLanesOnly) {
  const uint64_t seed = 20261126;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 3'000; ++round) {
    std::vector<LaneLoad> loads(1 + rng.below(round % 50 ? 10 : LaneMask::kMaxLanes));
    LaneMask usable;
    for (uint32_t lane = 0; lane < loads.size(); ++lane) {
      loads[lane] = {lane, lane / 4, micros(int64_t(rng.below(500))), uint32_t(rng.below(101)),
                     rng.below(2) > 0, rng.below(3) > 0};
      if (loads[lane].usable && loads[lane].speed_pct) usable.add(lane);
    }
    const uint32_t widest = 1 + uint32_t(rng.below(8));
    const LaneMask lanes = policy().place(random_candidate(rng, 1), loads, widest);
    EXPECT_TRUE((lanes - usable).empty());
    EXPECT_LE(lanes.count(), widest);
    EXPECT_TRUE(!policy().places() || usable.empty() || !lanes.empty());
  }
}

// Random DAGs with and without a plan run to their end: nothing starves, nobody waits for ever.
TEST_P(PolicyContract, RandomDagsRunToTheirEnd) {
  const uint64_t seed = 20261127;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  for (uint32_t lanes : {1u, 2u, 8u, 64u}) {
    for (int round = 0; round < 60; ++round) {
      SCOPED_TRACE(testing::Message() << lanes << " lanes, round " << round);
      ClosedLoop loop(rng, lanes, 40, uint32_t(round % 5));
      const uint32_t run = loop.run(policy());
      EXPECT_TRUE(run == loop.operations().size() || policy().name().starts_with("hybrid"));
      EXPECT_GT(run, 0u);
      if (HasFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, PolicyContract, testing::ValuesIn(all_policies().begin(),
                                                                all_policies().end()),
                         [](const testing::TestParamInfo<const Policy*>& each) {
                           std::string name(each.param->name());
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace takt
