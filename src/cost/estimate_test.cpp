#include "cost/estimate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"

namespace takt {
namespace {

CostKey key_of(int width, const std::string& lane_class = "core") {
  CostKey key;
  key.kernel_hash = "k";
  key.lane_class = lane_class;
  key.width = width;
  return key;
}

CostStats stats_of(int64_t ns) {
  return {10, nanos(ns), nanos(ns + 10), nanos(ns + 20), nanos(ns + 30)};
}

TEST(EstimateWidth, FollowsAmdahlBetweenNeighbours) {
  CostTable costs;
  costs.set(key_of(1), stats_of(1000));     // 200 serial + 800 / width
  costs.set(key_of(2), stats_of(600));
  costs.set(key_of(4), stats_of(400));
  costs.set(key_of(8), stats_of(1));        // not a neighbour of 3
  const CostStats three = estimate_width(costs, key_of(3), "main").value();
  EXPECT_TRUE(three.estimated);
  EXPECT_EQ(three.count, 0);
  EXPECT_NEAR(static_cast<double>(three.min.ns), 200 + 800 / 3.0, 1.0);
  EXPECT_NEAR(static_cast<double>(three.max.ns), 230 + 800 / 3.0, 1.0);
  const CostStats two = estimate_width(costs, key_of(2), "main").value();
  EXPECT_FALSE(two.estimated);
  EXPECT_EQ(two.median, nanos(610));
}

TEST(EstimateWidth, StaysBetweenItsNeighboursAndInOrder) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const int narrow = static_cast<int>(rng.between(1, 30));
    const int wide = static_cast<int>(rng.between(narrow + 2, 64));
    const int width = static_cast<int>(rng.between(narrow + 1, wide - 1));
    CostTable costs;
    costs.set(key_of(narrow), stats_of(rng.between(1, 1'000'000'000'000)));
    costs.set(key_of(wide), stats_of(rng.between(1, 1'000'000'000'000)));
    const CostStats at = estimate_width(costs, key_of(width), "main").value();
    const auto [low, high] = std::minmax(costs.find(key_of(narrow))->median,
                                         costs.find(key_of(wide))->median);
    EXPECT_GE(at.median, low);
    EXPECT_LE(at.median, high);
    EXPECT_LE(at.min, at.median);
    EXPECT_LE(at.median, at.p95);
    EXPECT_LE(at.p95, at.max);
  }
}

TEST(EstimateWidth, NeverExtrapolates) {
  CostTable costs;
  costs.set(key_of(2), stats_of(600));
  const auto wider = estimate_width(costs, key_of(4), "main_dispatch_0");
  ASSERT_FALSE(wider.ok());
  EXPECT_THAT(wider.error().message, testing::HasSubstr("main_dispatch_0 on core: width 4"));
  EXPECT_THAT(wider.error().message, testing::HasSubstr("no wider width"));
  EXPECT_FALSE(estimate_width(costs, key_of(1), "main").ok());
  EXPECT_FALSE(estimate_width(costs, key_of(2, "npu"), "main").ok());
}

TEST(EstimateClass, ScalesWhatIsNotMeasured) {
  CostTable costs;
  costs.set(key_of(1), stats_of(1000));
  costs.set(key_of(2), stats_of(600));
  costs.set(key_of(2, "little"), stats_of(900));
  EXPECT_EQ(estimate_class(costs, "core", "little", 250), 1u);
  EXPECT_EQ(costs.find(key_of(1, "little"))->median, nanos(2525));
  EXPECT_TRUE(costs.find(key_of(1, "little"))->estimated);
  EXPECT_FALSE(costs.find(key_of(2, "little"))->estimated);
  EXPECT_EQ(estimate_class(costs, "little", "tiny", 1), 1u);   // not from estimates
  EXPECT_EQ(estimate_class(costs, "nowhere", "tiny", 100), 0u);
}

}  // namespace
}  // namespace takt
