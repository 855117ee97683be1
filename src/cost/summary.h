// Summaries of measured durations: pure functions from samples to CostStats, and the
// compact form in which the cost database keeps samples so that batches can be pooled.
//
// median and p95 are nearest-rank: values that were measured. A batch of at most
// kKeptSamples is kept exactly; a larger one by that many evenly spaced ranks, which
// moves a pooled quantile by at most one part in 2 * kKeptSamples of the ranks. Count,
// min and max are always exact.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/nanos.h"
#include "model/cost_table.h"

namespace takt {

inline constexpr size_t kKeptSamples = 512;

// REQUIRES: samples not empty
CostStats summarise(std::vector<Nanos> samples);

struct SampleBatch {
  int64_t count = 0;            // samples measured
  Nanos min, max;
  std::vector<Nanos> kept;      // ascending; each stands for count / kept.size() samples
};

// REQUIRES: samples not empty, limit > 0
SampleBatch compact(std::vector<Nanos> samples, size_t limit = kKeptSamples);

// The statistics of all samples of the batches together.
// REQUIRES: at least one batch, each with samples
CostStats pool(std::span<const SampleBatch> batches);

// Ascending non-negative durations as LEB128 deltas: one to three bytes a sample.
std::string encode_samples(std::span<const Nanos> sorted);
// nullopt when the bytes are not what encode_samples writes.
std::optional<std::vector<Nanos>> decode_samples(std::string_view bytes);

}  // namespace takt
