// LaneMask against std::set<uint32_t>: every operation, over the borders of its words.
#include "base/lane_mask.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "base/rng.h"

namespace takt {
namespace {

using Model = std::set<uint32_t>;

Model lanes_of(const LaneMask& mask) {
  Model lanes;
  mask.for_each([&](uint32_t lane) {
    EXPECT_TRUE(lanes.empty() || lane > *lanes.rbegin()) << "not ascending";
    lanes.insert(lane);
  });
  return lanes;
}

LaneMask mask_of(const Model& lanes) {
  LaneMask mask;
  for (const uint32_t lane : lanes) mask.add(lane);
  return mask;
}

Model random_lanes(Rng& rng) {
  Model lanes;
  const uint64_t count = rng.below(20), range = rng.below(2) ? LaneMask::kMaxLanes : 70;
  for (uint64_t i = 0; i < count; ++i) lanes.insert(uint32_t(rng.below(range)));
  return lanes;
}

TEST(LaneMask, FirstHoldsTheLanesBelowForEveryCount) {
  Model lanes;
  for (uint32_t count = 0; count <= LaneMask::kMaxLanes; ++count) {
    ASSERT_EQ(lanes_of(LaneMask::first(count)), lanes);
    lanes.insert(count);
  }
}

TEST(LaneMask, OneLaneIsItsLeastForEveryLane) {
  for (uint32_t lane = 0; lane < LaneMask::kMaxLanes; ++lane) {
    LaneMask mask = LaneMask::of(lane);
    ASSERT_EQ(mask.least(), lane);
    ASSERT_EQ(mask.count(), 1u);
    mask.remove(lane);
    ASSERT_TRUE(mask.empty());
  }
  EXPECT_EQ(LaneMask().least(), LaneMask::kMaxLanes);
  EXPECT_EQ(LaneMask::from_bits(5), LaneMask::of(0) | LaneMask::of(2));
}

TEST(LaneMask, OperationsOfRandomSetsAreThoseOfTheModel) {
  constexpr uint64_t kSeed = 5;
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  Rng rng(kSeed);
  for (int round = 0; round < 2000; ++round) {
    const Model a = random_lanes(rng), b = random_lanes(rng);
    Model both, any, only_a;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::inserter(any, any.end()));
    std::set_difference(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(only_a, only_a.end()));
    ASSERT_EQ(lanes_of(mask_of(a) & mask_of(b)), both);
    ASSERT_EQ(lanes_of(mask_of(a) | mask_of(b)), any);
    ASSERT_EQ(lanes_of(mask_of(a) - mask_of(b)), only_a);
    ASSERT_EQ(mask_of(a) == mask_of(b), a == b);
    ASSERT_EQ(mask_of(a).count(), a.size());
    ASSERT_EQ(mask_of(a).empty(), a.empty());
    if (!a.empty()) {
      ASSERT_EQ(mask_of(a).least(), *a.begin());
    }
    LaneMask words;
    for (uint32_t w = 0; w < LaneMask::kWords; ++w) words.set_word(w, mask_of(a).word(w));
    ASSERT_EQ(lanes_of(words), a);
  }
}

}  // namespace
}  // namespace takt
