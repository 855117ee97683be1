// Quantiles by nearest rank: always a value that was really observed, no interpolation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/check.h"

namespace takt {

// Index of the `per_mille` quantile among `count` sorted values: the smallest rank that
// has at least that share of the values at or below it (500: median, 950: p95).
// REQUIRES: count > 0, 0 < per_mille <= 1000
constexpr size_t nearest_rank(size_t count, int per_mille) {
  DCHECK(count > 0 && per_mille > 0 && per_mille <= 1000);
  return (count * static_cast<uint64_t>(per_mille) + 999) / 1000 - 1;
}

// The value at that rank. REQUIRES: `sorted` is sorted ascending and not empty
template <class T>
const T& quantile(std::span<const T> sorted, int per_mille) {
  return sorted[nearest_rank(sorted.size(), per_mille)];
}

}  // namespace takt
