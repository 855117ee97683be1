#include "base/time_text.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace takt {
namespace {

TEST(TimeText, ReadsUnitsAndDecimals) {
  EXPECT_EQ(parse_time("2ms"), millis(2));
  EXPECT_EQ(parse_time("500us"), micros(500));
  EXPECT_EQ(parse_time("1s"), seconds(1));
  EXPECT_EQ(parse_time("100ns"), nanos(100));
  EXPECT_EQ(parse_time("100"), nanos(100));
  EXPECT_EQ(parse_time("0"), nanos(0));
  EXPECT_EQ(parse_time("1.5us"), nanos(1500));
  EXPECT_EQ(parse_time("0.000000001s"), nanos(1));
  EXPECT_EQ(parse_time("2 ms"), millis(2));
  EXPECT_EQ(parse_time("9223372036854775807"), Nanos::max());
}

TEST(TimeText, RefusesWhatIsNotAnExactTime) {
  for (const char* text : {"", "ms", "-2ms", "2m", "2hours", "1e3", "1.ms", ".5ms", "1..2s",
                           "0.5ns", "1.0000000001s", "9223372036854775808", "9223372037s",
                           "2ms ", " 2ms", "1.2.3", "0x10"})
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
}

TEST(TimeText, WrittenAndReadAgainIsTheSame) {
  EXPECT_EQ(format_time(millis(2)), "2ms");
  EXPECT_EQ(format_time(nanos(1500)), "1500ns");
  EXPECT_EQ(format_time(nanos(0)), "0ns");
  for (uint64_t seed = 1; seed <= 1000; ++seed) {
    Rng rng(seed);
    const Nanos time(static_cast<int64_t>(rng.next() >> (1 + rng.below(63))));
    EXPECT_EQ(parse_time(format_time(time)), time) << "seed " << seed;
  }
}

}  // namespace
}  // namespace takt
