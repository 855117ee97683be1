#include "dispatch/placement.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

TEST(Placement, TakesSingleLanesNotClusters) {
  const std::vector<LaneLoad> loads = {{0, 0, micros(50)}, {1, 0, micros(5)},
                                       {2, 1, micros(40)}, {3, 1, micros(6)}};
  EXPECT_EQ(select_least_loaded(loads, LaneMask::first(4), 2), LaneMask::from_bits(0b1010));
  EXPECT_EQ(select_least_loaded(loads, LaneMask::from_bits(0b0101), 1), LaneMask::of(2));
}

TEST(Placement, ASlowLaneCountsLonger) {
  std::vector<LaneLoad> loads = {{0, 0, micros(10), 50}, {1, 1, micros(15), 100}};
  EXPECT_EQ(select_least_loaded(loads, LaneMask::first(2), 1), LaneMask::of(1));
  loads[0].backlog = micros(0);
  EXPECT_EQ(select_least_loaded(loads, LaneMask::first(2), 1), LaneMask::of(0));
  EXPECT_EQ(select_least_loaded(loads, LaneMask::first(2), 1, micros(20)), LaneMask::of(1));
  loads[0].speed_pct = 0;
  EXPECT_EQ(select_least_loaded(loads, LaneMask::first(2), 2), LaneMask::of(1));
}

// Against the definition: no lane that was left out beats one that was taken.
TEST(Placement, RandomLoadsTakeTheLeast) {
  const uint64_t seed = 51124;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 2000; ++round) {
    std::vector<LaneLoad> loads(1 + rng.below(round % 10 ? 12 : LaneMask::kMaxLanes));
    LaneMask allowed, usable;
    for (uint32_t lane = 0; lane < loads.size(); ++lane) {
      loads[lane] = {lane, lane / 4, micros(int64_t(rng.below(20))), uint32_t(rng.below(101)),
                     rng.below(2) > 0, rng.below(4) > 0};
      if (rng.below(4)) allowed.add(lane);
      if (allowed.has(lane) && loads[lane].usable && loads[lane].speed_pct) usable.add(lane);
    }
    const uint32_t width = uint32_t(rng.below(6));
    const Nanos work = micros(int64_t(rng.below(30)));
    const LaneMask taken = select_least_loaded(loads, allowed, width, work);
    EXPECT_EQ(taken.count(), std::min(width, usable.count()));
    EXPECT_TRUE((taken - usable).empty());
    taken.for_each([&](uint32_t in) {
      (usable - taken).for_each([&](uint32_t out) {
        EXPECT_LE(done_at(loads[in], work), done_at(loads[out], work));
      });
    });
  }
}

}  // namespace
}  // namespace takt
