#include "dispatch/change_point.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "base/rng.h"

namespace takt {
namespace {

double uniform(Rng& rng) { return double(rng.below(1u << 30) + 1) / double(1u << 30); }

double normal(Rng& rng) {   // Box and Muller 1958
  return std::sqrt(-2 * std::log(uniform(rng))) *
         std::cos(2 * std::numbers::pi * uniform(rng));
}

struct Noise {
  double spread = 0.05;          // of the logarithm
  double outliers = 0;           // share of samples that take 2 to 30 times as long
  double draw(Rng& rng, double level) const {
    const double usual = level * std::exp(spread * normal(rng));
    return uniform(rng) < outliers ? usual * (2 + 28 * uniform(rng)) : usual;
  }
};

struct Found {
  int after = -1;                // samples from the change to the alarm; -1: none
  LevelChange change;
};

// `before` samples at level 1, then up to `most` at `level`.
Found find_change(Rng& rng, const Noise& noise, int before, double level, int most) {
  ChangePoint test;
  for (int i = 0; i < before; ++i) {
    const auto change = test.add(noise.draw(rng, 1));
    EXPECT_FALSE(change) << "false alarm at sample " << i << ", to " << change->after;
  }
  for (int i = 1; i <= most; ++i)
    if (const auto change = test.add(noise.draw(rng, level))) return {i, *change};
  return {};
}

TEST(ChangePoint, FindsAChangeSoonAndSaysWhenAndToWhat) {
  constexpr int kSeeds = 100;
  for (const double level : {0.03, 0.5, 0.7, 1.3, 2.0, 30.0}) {
    for (const double outliers : {0.0, 0.1}) {
      SCOPED_TRACE(testing::Message() << "level " << level << ", outliers " << outliers);
      int right_level = 0, right_time = 0;
      for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
        Rng rng(seed);
        const Found found = find_change(rng, {0.05, outliers}, 200, level, 100);
        ASSERT_GE(found.after, 1) << "seed " << seed;
        EXPECT_LE(found.after, 60) << "seed " << seed;
        right_level += std::abs(found.change.after / level - 1) < 0.1;
        right_time += std::abs(int(found.change.samples) - found.after) <= 4;
      }
      EXPECT_GE(right_level, outliers > 0 ? 95 : kSeeds);
      EXPECT_GE(right_time, outliers > 0 ? 75 : 95);
    }
  }
}

// Counted, not asserted one by one: 100 seeds of 20'000 samples each are 2 million.
TEST(ChangePoint, FalseAlarmsAreRare) {
  struct Case {
    Noise noise;
    int allowed;                 // in 2 million samples
  };
  for (const Case& c : {Case{{0.02, 0}, 0}, Case{{0.05, 0.05}, 2}, Case{{0.1, 0.1}, 2},
                        Case{{0.3, 0}, 4}, Case{{0.15, 0.2}, 8}}) {
    int alarms = 0;
    for (uint64_t seed = 1; seed <= 100; ++seed) {
      Rng rng(seed);
      ChangePoint test;
      for (int i = 0; i < 20'000; ++i) alarms += test.add(c.noise.draw(rng, 1)).has_value();
    }
    std::printf("spread %.2f, outliers %.2f: %d alarms in 2 million\n", c.noise.spread,
                c.noise.outliers, alarms);
    EXPECT_LE(alarms, c.allowed);
  }
}

TEST(ChangePoint, OneWildSampleIsNothing) {
  ChangePoint test;
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(test.add(i % 50 == 7 ? 1000.0 : 1.0));
  EXPECT_EQ(test.level(), 1);
}

TEST(ChangePoint, ChangesBelowHalfAStepAreNeverNoticed) {
  ChangePoint test({.step_pct = 20});
  for (int i = 0; i < 100'000; ++i) EXPECT_FALSE(test.add(1.09));
}

TEST(ChangePoint, SlowDriftIsFollowedInSteps) {
  Rng rng(4);
  ChangePoint test;
  int steps = 0;
  for (int i = 0; i < 10'000; ++i)
    steps += test.add(Noise{}.draw(rng, 1 + i / 10'000.0)).has_value();
  EXPECT_NEAR(test.level(), 2, 0.25);
  EXPECT_GE(steps, 4);
  EXPECT_LE(steps, 16);
}

TEST(ChangePoint, BadSamplesAreIgnored) {
  ChangePoint test;
  EXPECT_FALSE(test.add(nanos(0), nanos(5)));
  EXPECT_FALSE(test.add(nanos(5), nanos(0)));
  EXPECT_FALSE(test.add(-nanos(5), nanos(5)));
  EXPECT_FALSE(test.add(std::nan("")));
  EXPECT_EQ(test.samples(), 0u);
}

}  // namespace
}  // namespace takt
