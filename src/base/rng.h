// Rng: SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every platform.
// Not for cryptography. A seed replays the sequence; copy the object to fork it.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "base/int128.h"

namespace takt {

class Rng {
 public:
  explicit constexpr Rng(uint64_t seed) : state_(seed) {}

  constexpr uint64_t next() {
    uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound) by Lemire's multiply-shift; the bias is below 2^-32 for
  // bounds below 2^32. REQUIRES: bound > 0
  constexpr uint64_t below(uint64_t bound) {
    DCHECK(bound > 0);
    return static_cast<uint64_t>((static_cast<UInt128>(next()) * bound) >> 64);
  }

  // Uniform in [low, high]. REQUIRES: low <= high
  constexpr int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<uint64_t>(high - low) + 1));
  }

  // Uniform in [0, 1).
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

 private:
  uint64_t state_;
};

}  // namespace takt
