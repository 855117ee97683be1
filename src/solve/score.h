// Score: what a schedule is worth on every level; Ranking: which of two scores is better
// under an objective with tolerances. A total order, so that searches may sort by it.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>

#include "base/nanos.h"
#include "model/objective.h"

namespace takt {

struct Score {
  Nanos overrun;                                  // time past the horizon, summed over operations
  std::array<int64_t, kLevelCount> value{};       // by Level; all of them, asked for or not
  int64_t response_ppm = 0;                       // response / deadline, summed over jobs

  int64_t operator[](Level level) const { return value[static_cast<size_t>(level)]; }
  int64_t& operator[](Level level) { return value[static_cast<size_t>(level)]; }
  bool operator==(const Score&) const = default;
};

// Compared in this order: overrun, for a plan that does not fit its window is no plan; the
// objective's levels, values up to `enough` counting as equal; then, among equals, the raw
// values of the levels, short responses, and little lane time.
class Ranking {
 public:
  explicit Ranking(Objective objective) : objective_(std::move(objective)) {
    enough_.fill(0);
  }
  const Objective& objective() const { return objective_; }

  // From now on values of `level` up to `value` are all as good as each other.
  void set_enough(Level level, int64_t value) { enough_[static_cast<size_t>(level)] = value; }
  int64_t enough(Level level) const { return enough_[static_cast<size_t>(level)]; }

  std::strong_ordering compare(const Score& a, const Score& b) const {
    if (a.overrun != b.overrun) return a.overrun <=> b.overrun;
    for (const LevelSpec& spec : objective_) {
      const int64_t enough = enough_[static_cast<size_t>(spec.level)];
      const auto order = std::max(a[spec.level], enough) <=> std::max(b[spec.level], enough);
      if (order != 0) return order;
    }
    for (const LevelSpec& spec : objective_)
      if (a[spec.level] != b[spec.level]) return a[spec.level] <=> b[spec.level];
    if (a.response_ppm != b.response_ppm) return a.response_ppm <=> b.response_ppm;
    return a[Level::kBusy] <=> b[Level::kBusy];
  }
  bool better(const Score& a, const Score& b) const { return compare(a, b) < 0; }

 private:
  Objective objective_;
  std::array<int64_t, kLevelCount> enough_{};
};

}  // namespace takt
