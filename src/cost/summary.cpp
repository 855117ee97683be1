#include "cost/summary.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "base/quantile.h"

namespace takt {

CostStats summarise(std::vector<Nanos> samples) {
  CHECK(!samples.empty());
  std::sort(samples.begin(), samples.end());
  const std::span<const Nanos> sorted(samples);
  CostStats stats;
  stats.count = static_cast<int64_t>(sorted.size());
  stats.min = sorted.front();
  stats.median = quantile(sorted, 500);
  stats.p95 = quantile(sorted, 950);
  stats.max = sorted.back();
  return stats;
}

SampleBatch compact(std::vector<Nanos> samples, size_t limit) {
  CHECK(!samples.empty() && limit > 0);
  std::sort(samples.begin(), samples.end());
  SampleBatch batch;
  batch.count = static_cast<int64_t>(samples.size());
  batch.min = samples.front();
  batch.max = samples.back();
  if (samples.size() <= limit) {
    batch.kept = std::move(samples);
    return batch;
  }
  batch.kept.reserve(limit);
  // The middle of each of `limit` equal slices of the ranks.
  for (size_t i = 0; i < limit; ++i)
    batch.kept.push_back(samples[(2 * i + 1) * samples.size() / (2 * limit)]);
  return batch;
}

CostStats pool(std::span<const SampleBatch> batches) {
  CHECK(!batches.empty());
  CostStats stats;
  stats.min = Nanos::max();
  std::vector<std::pair<Nanos, double>> weighted;   // exact for batches kept whole: weight 1
  for (const SampleBatch& batch : batches) {
    CHECK(batch.count > 0 && !batch.kept.empty());
    stats.count += batch.count;
    stats.min = std::min(stats.min, batch.min);
    stats.max = std::max(stats.max, batch.max);
    const double weight = static_cast<double>(batch.count) / static_cast<double>(batch.kept.size());
    for (Nanos sample : batch.kept) weighted.emplace_back(sample, weight);
  }
  std::sort(weighted.begin(), weighted.end());
  const auto at = [&](int per_mille) {
    double sum = 0;
    for (const auto& [sample, weight] : weighted) {
      sum += weight;
      if (sum * 1000 >= static_cast<double>(stats.count) * per_mille) return sample;
    }
    return weighted.back().first;
  };
  stats.median = at(500);
  stats.p95 = at(950);
  return stats;
}

std::string encode_samples(std::span<const Nanos> sorted) {
  std::string bytes;
  int64_t previous = 0;
  for (Nanos sample : sorted) {
    CHECK(sample.ns >= previous);
    uint64_t delta = static_cast<uint64_t>(sample.ns - previous);
    previous = sample.ns;
    for (; delta >= 0x80; delta >>= 7) bytes.push_back(static_cast<char>(delta | 0x80));
    bytes.push_back(static_cast<char>(delta));
  }
  return bytes;
}

std::optional<std::vector<Nanos>> decode_samples(std::string_view bytes) {
  std::vector<Nanos> samples;
  uint64_t value = 0;
  uint64_t delta = 0;
  int shift = 0;
  for (const char c : bytes) {
    const uint64_t byte = static_cast<unsigned char>(c);
    if (shift > 56) return std::nullopt;      // durations fit 63 bits: nine groups of seven
    delta |= (byte & 0x7f) << shift;
    shift += 7;
    if (byte & 0x80) continue;
    value += delta;
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) return std::nullopt;
    samples.push_back(Nanos(static_cast<int64_t>(value)));
    delta = 0;
    shift = 0;
  }
  if (shift != 0) return std::nullopt;
  return samples;
}

}  // namespace takt
