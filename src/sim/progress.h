// Progress of an operation: a fraction of 2^30, in integers, so that what runs on the same lanes
// from beginning to end takes exactly its duration.
#pragma once

#include <cstdint>

#include "base/int128.h"
#include "base/nanos.h"

namespace takt {

inline constexpr uint32_t kWholeBits = 30;
inline constexpr uint64_t kWhole = uint64_t{1} << kWholeBits;

// value * by / 2^bits, rounded up.
inline Nanos scaled(Nanos value, uint64_t by, uint32_t bits) {
  return Nanos(int64_t((UInt128(uint64_t(value.ns)) * by + (UInt128(1) << bits) - 1) >> bits));
}

// What part is done in `elapsed` of what takes `full`. REQUIRES: full > 0
inline uint64_t part_done(Nanos full, Nanos elapsed) {
  const auto passed = uint64_t(elapsed.ns), whole = uint64_t(full.ns);
  if (passed < uint64_t{1} << (64 - kWholeBits)) return (passed << kWholeBits) / whole;
  return uint64_t((UInt128(passed) << kWholeBits) / whole);
}

}  // namespace takt
