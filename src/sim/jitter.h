// Jitter: how much longer or shorter than expected an operation takes. A factor drawn from
// (seed, task, job, operation) alone: every policy meets the same durations, whatever it does.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"

namespace takt {

class Jitter {
 public:
  // Factors are fixed-point numbers with this many bits after the point.
  static constexpr uint32_t kBits = 16;
  static constexpr uint32_t kOne = 1u << kBits;

  Jitter() = default;                  // none: every factor is 1

  // "uniform:P": from 1 - P % to 1 + P %. "lognormal:P": median 1, standard deviation of the
  // logarithm P %. "heavy:P": lognormal, but one in a hundred is stretched by a Pareto factor
  // (shape 1.5, at most 20). "none". kUsage: anything else.
  static Result<Jitter> parse(std::string_view text);
  static std::string usage();

  // The key of an operation of a run, equal under every policy. `job`: number of the job of its
  // task, `op`: index in the instance.
  static uint64_t key(uint64_t seed, uint64_t job, uint32_t op) {
    return Rng(seed ^ job * 0x9e3779b97f4a7c15ull).next() ^ op * 0xd1b54a32d192ed03ull;
  }

  bool none() const { return quantiles_.empty(); }
  // For a key that is one operation's alone.
  uint32_t factor(uint64_t key) const {
    if (none()) return kOne;
    const uint64_t drawn = Rng(key).next();
    const size_t index = drawn >> (64 - kTableBits);
    const uint64_t part = (drawn >> (48 - kTableBits)) & 0xffff;
    const uint64_t low = quantiles_[index], high = quantiles_[index + 1];
    return static_cast<uint32_t>(low + ((high - low) * part >> 16));
  }

 private:
  static constexpr uint32_t kTableBits = 12;
  // The quantile function at i / 4096: 4097 factors, ascending. A table, so that a draw costs
  // nanoseconds; between its entries a straight line.
  std::vector<uint32_t> quantiles_;
};

}  // namespace takt
