// Tokens are locks: threads that take and put at random never share a lane, over several words.
#include "run/lane_tokens.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

TEST(LaneTokens, OneThreadAtATimeHasALane) {
  constexpr uint32_t kLanes = 130, kTurns = 20000;
  LaneTokens tokens;
  tokens.start(kLanes);
  std::vector<uint64_t> owned(kLanes, 0);   // not atomic: the token protects it
  std::vector<std::atomic<uint64_t>> taken(kLanes);
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      Rng rng(t);
      for (uint32_t turn = 0; turn < kTurns; ++turn) {
        const uint32_t from = uint32_t(rng.below(kLanes));
        const uint32_t lane = tokens.next(LaneMask::first(kLanes), from);
        if (lane == LaneMask::kMaxLanes || !tokens.take(lane)) continue;
        ASSERT_GE(lane, from);
        ++owned[lane];
        taken[lane].fetch_add(1, std::memory_order_relaxed);
        tokens.put(lane);
      }
    });
  for (std::thread& thread : threads) thread.join();
  uint64_t turns = 0;
  for (uint32_t l = 0; l < kLanes; ++l) {
    ASSERT_EQ(owned[l], taken[l]) << l;
    turns += owned[l];
  }
  EXPECT_GT(turns, kTurns);
  EXPECT_EQ(tokens.seen(), LaneMask::first(kLanes));
}

TEST(LaneTokens, NextLooksAmongTheGivenLanesOnly) {
  LaneTokens tokens;
  tokens.start(200);
  EXPECT_EQ(tokens.next(LaneMask::of(70) | LaneMask::of(199), 0), 70u);
  EXPECT_EQ(tokens.next(LaneMask::of(70) | LaneMask::of(199), 71), 199u);
  EXPECT_TRUE(tokens.take(199));
  EXPECT_FALSE(tokens.take(199));
  EXPECT_EQ(tokens.next(LaneMask::of(199), 0), LaneMask::kMaxLanes);
  EXPECT_EQ(tokens.next(LaneMask::of(250), 0), LaneMask::kMaxLanes);   // not a lane of these
}

}  // namespace
}  // namespace takt
