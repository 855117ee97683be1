// The small values of base: results, ids, hashes, random numbers, clocks, checks.
#include <gtest/gtest.h>

#include <memory>
#include <unordered_set>

#include "base/check.h"
#include "base/clock.h"
#include "base/content_hash.h"
#include "base/id.h"
#include "base/quantile.h"
#include "base/result.h"
#include "base/rng.h"

namespace takt {
namespace {

Result<int> half(int value) {
  if (value % 2) return bad_input(std::to_string(value) + " is odd");
  return value / 2;
}

Status quarter(int value, int& out) {
  TAKT_ASSIGN(const int once, half(value));
  TAKT_ASSIGN(out, half(once));
  TAKT_TRY(half(0).ok() ? Status() : Status(failed("never")));
  return {};
}

TEST(Result, CarriesAValueOrTheFirstError) {
  int out = 0;
  EXPECT_TRUE(quarter(8, out).ok());
  EXPECT_EQ(out, 2);
  EXPECT_EQ(quarter(6, out).error().message, "3 is odd");
  EXPECT_EQ(quarter(6, out).error().exit_code(), 2);
  EXPECT_EQ(failed("x").exit_code(), 1);
}

TEST(Result, MovesValuesThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(5));
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 5);
}

TEST(ResultDeathTest, TheValueOfAnErrorIsOurFault) {
  EXPECT_DEATH((void)half(3).value(), "3 is odd");
}

TEST(CheckDeathTest, NamesFileConditionAndMessage) {
  EXPECT_DEATH(CHECK(1 == 2), "values_test.cpp:.*1 == 2");
  EXPECT_DEATH(CHECK_MSG(false, "the reason"), "the reason");
}

TEST(Id, NoneIsInvalidAndIdsHash) {
  using TestId = Id<struct TestTag>;
  EXPECT_FALSE(TestId().valid());
  EXPECT_TRUE(TestId(0u).valid());
  EXPECT_LT(TestId(1u), TestId(2u));
  const std::unordered_set<TestId> ids{TestId(1u), TestId(1u), TestId(2u)};
  EXPECT_EQ(ids.size(), 2u);
}

TEST(ContentHash, IsXxh3OverTheBytes) {
  EXPECT_EQ(content_hash(""), "99aa06d3014798d86001c324468d497f");   // XXH3_128bits of nothing
  EXPECT_EQ(content_hash("a").size(), 32u);
  EXPECT_NE(content_hash("a"), content_hash(std::string_view("a\0", 2)));
}

TEST(Rng, IsSplitMix64AndStaysInItsBounds) {
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317u);   // published test vector
  EXPECT_EQ(rng.next(), 3203168211198807973u);
  bool seen[5] = {};
  for (int i = 0; i < 1000; ++i) {
    seen[rng.below(5)] = true;
    const int64_t value = rng.between(-3, 3);
    EXPECT_TRUE(value >= -3 && value <= 3);
    const double unit = rng.unit();
    EXPECT_TRUE(unit >= 0 && unit < 1);
  }
  for (const bool value : seen) EXPECT_TRUE(value);
}

TEST(Clock, AManualClockMovesOnlyWhenMoved) {
  ManualClock clock;
  EXPECT_EQ(clock.now(), Nanos(0));
  clock.advance(millis(3));
  clock.advance(micros(1));
  EXPECT_EQ(clock.now(), Nanos(3'001'000));
  clock.set(Nanos(7));
  EXPECT_EQ(clock.now(), Nanos(7));
}

TEST(Clock, TheMonotonicClockDoesNotGoBack) {
  const MonotonicClock clock;
  Nanos last = clock.now();
  for (int i = 0; i < 1000; ++i) {
    const Nanos now = clock.now();
    EXPECT_GE(now, last);
    last = now;
  }
}

TEST(Nanos, IsPlainIntegerArithmetic) {
  EXPECT_EQ(seconds(1) / millis(3), 333);
  EXPECT_EQ(seconds(1) % millis(3), millis(1));
  EXPECT_EQ(micros(2) * 3 - nanos(1), Nanos(5999));
  EXPECT_DOUBLE_EQ(Nanos(1500).us(), 1.5);
}

TEST(Quantile, IsAlwaysAnObservedValue) {
  const int values[] = {1, 2, 3, 4};
  EXPECT_EQ(quantile(std::span<const int>(values), 500), 2);
  EXPECT_EQ(quantile(std::span<const int>(values), 950), 4);
  EXPECT_EQ(quantile(std::span<const int>(values), 1), 1);
  EXPECT_EQ(quantile(std::span<const int>(values, 1), 1000), 1);
}

}  // namespace
}  // namespace takt
