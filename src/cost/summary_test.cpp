#include "cost/summary.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/rng.h"

namespace takt {
namespace {

std::vector<Nanos> random_samples(Rng& rng, size_t count, int64_t most_ns) {
  std::vector<Nanos> samples;
  for (size_t i = 0; i < count; ++i) samples.push_back(Nanos(rng.between(1, most_ns)));
  return samples;
}

// The definition, by counting: the smallest sample with at least that share at or below it.
Nanos quantile_by_counting(const std::vector<Nanos>& samples, int per_mille) {
  Nanos best = Nanos::max();
  for (Nanos candidate : samples) {
    const auto below = std::count_if(samples.begin(), samples.end(),
                                     [&](Nanos s) { return s <= candidate; });
    if (below * 1000 >= static_cast<int64_t>(samples.size()) * per_mille)
      best = std::min(best, candidate);
  }
  return best;
}

bool same(const CostStats& a, const CostStats& b) {
  return a.count == b.count && a.min == b.min && a.median == b.median && a.p95 == b.p95 &&
         a.max == b.max;
}

TEST(Summarise, OneSampleIsEveryStatistic) {
  const CostStats stats = summarise({nanos(7)});
  EXPECT_EQ(stats.count, 1);
  for (Nanos value : {stats.min, stats.median, stats.p95, stats.max}) EXPECT_EQ(value, nanos(7));
  EXPECT_FALSE(stats.estimated);
}

TEST(Summarise, NearestRankOfTwenty) {
  std::vector<Nanos> samples;
  for (int i = 20; i >= 1; --i) samples.push_back(nanos(i * 10));
  const CostStats stats = summarise(samples);
  EXPECT_EQ(stats.min, nanos(10));
  EXPECT_EQ(stats.median, nanos(100));   // the 10th of 20
  EXPECT_EQ(stats.p95, nanos(190));      // the 19th of 20
  EXPECT_EQ(stats.max, nanos(200));
}

TEST(Summarise, AgreesWithCounting) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const auto samples = random_samples(rng, 1 + rng.below(60), 40);
    const CostStats stats = summarise(samples);
    EXPECT_EQ(stats.median, quantile_by_counting(samples, 500));
    EXPECT_EQ(stats.p95, quantile_by_counting(samples, 950));
  }
}

TEST(Pool, OfWholeBatchesIsTheSummaryOfAllSamples) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::vector<Nanos> all;
    std::vector<SampleBatch> batches;
    for (uint64_t n = 1 + rng.below(4); n > 0; --n) {
      const auto samples = random_samples(rng, 1 + rng.below(kKeptSamples), 1'000'000);
      all.insert(all.end(), samples.begin(), samples.end());
      batches.push_back(compact(samples));
    }
    EXPECT_TRUE(same(pool(batches), summarise(all)));
  }
}

TEST(Pool, OfThinnedBatchesIsOffByLessThanOneKeptRank) {
  constexpr size_t kLimit = 64;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    auto all = random_samples(rng, 1000 + rng.below(4000), 1'000'000'000);
    const SampleBatch batch = compact(all, kLimit);
    EXPECT_EQ(batch.kept.size(), kLimit);
    const CostStats pooled = pool({&batch, 1});
    std::sort(all.begin(), all.end());
    EXPECT_EQ(pooled.count, static_cast<int64_t>(all.size()));
    EXPECT_EQ(pooled.min, all.front());
    EXPECT_EQ(pooled.max, all.back());
    const auto rank = [&](Nanos v) {
      return static_cast<double>(std::lower_bound(all.begin(), all.end(), v) - all.begin()) /
             static_cast<double>(all.size());
    };
    EXPECT_NEAR(rank(pooled.median), 0.50, 1.0 / kLimit);
    EXPECT_NEAR(rank(pooled.p95), 0.95, 1.0 / kLimit);
  }
}

TEST(Pool, WeighsAThinnedBatchByWhatItMeasured) {
  const SampleBatch large = compact(std::vector<Nanos>(10'000, nanos(5)), 10);
  const SampleBatch small = compact(std::vector<Nanos>(100, nanos(50)), 512);
  const std::vector<SampleBatch> both = {large, small};
  EXPECT_EQ(pool(both).median, nanos(5));
  EXPECT_EQ(pool(both).p95, nanos(5));
  EXPECT_EQ(pool(both).max, nanos(50));
}

TEST(EncodeSamples, RoundTrips) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    auto samples = random_samples(rng, rng.below(300), int64_t{1} << (1 + rng.below(61)));
    if (seed % 10 == 0) samples.push_back(Nanos::max());
    std::sort(samples.begin(), samples.end());
    EXPECT_EQ(decode_samples(encode_samples(samples)), samples);
  }
}

TEST(EncodeSamples, TakesAboutTwoBytesASampleOfTypicalSpread) {
  Rng rng(1);
  auto samples = random_samples(rng, kKeptSamples, 1'000'000);   // spread over a millisecond
  std::sort(samples.begin(), samples.end());
  EXPECT_LE(encode_samples(samples).size(), 2 * kKeptSamples);
}

TEST(DecodeSamples, RejectsWhatIsNotSamples) {
  EXPECT_FALSE(decode_samples("\x80"));                                          // cut off
  EXPECT_FALSE(decode_samples("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));      // above 63 bits
  EXPECT_FALSE(decode_samples(std::string("\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x01", 10)));
  for (uint64_t seed = 1; seed <= 500; ++seed) {                                 // no crash
    Rng rng(seed);
    std::string bytes;
    for (uint64_t n = rng.below(40); n > 0; --n) bytes.push_back(static_cast<char>(rng.below(256)));
    const auto samples = decode_samples(bytes);
    EXPECT_TRUE(!samples || std::is_sorted(samples->begin(), samples->end()));
  }
}

}  // namespace
}  // namespace takt
