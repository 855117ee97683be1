// ChangePoint: has the ratio of measured to expected durations of one kernel changed for good?
//
// A two-sided CUSUM test (Page, Continuous inspection schemes, Biometrika 41, 1954) on the
// relative deviation from the present level, standardised and clipped like a Huber score, so that
// one wild sample (a co-tenant, an interrupt) counts no more than a moderate one; then the median
// of the samples since the presumed change has to confirm it, which no minority of outliers can
// move. The spread is followed by a stochastic median of successive differences, which a shift
// does not move either. Only + - * / on doubles: equal samples give equal answers everywhere.
//
// A plain value of constant size; one per kernel; nothing allocates.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/nanos.h"
#include "dispatch/tuning.h"

namespace takt {

struct ChangePointOptions {
  // The least change worth noticing, of the level; half of it is never noticed. A spread above
  // two thirds of it makes the test proportionally blunter.
  uint32_t step_pct = 10;
  double limit = dispatch_tuning::kCusumLimit;   // of the sums: larger is later and surer
};

struct LevelChange {
  double before = 1, after = 1;    // measured / expected
  uint32_t samples = 0;            // how many samples ago it happened, as estimated
};

class ChangePoint {
 public:
  explicit ChangePoint(const ChangePointOptions& options = {}) : options_(options) {}

  // One execution. `expected`: what the cost database calls usual (the median) for this mode at
  // the present speed, not a quantile with a margin. Samples that are not above zero are ignored.
  std::optional<LevelChange> add(Nanos expected, Nanos measured);
  std::optional<LevelChange> add(double ratio);

  double level() const { return level_; }
  uint64_t samples() const { return samples_; }

 private:
  static constexpr uint32_t kRecent = 32;

  double recent_median(uint32_t count) const;
  void follow_spread(double ratio);

  ChangePointOptions options_;
  double level_ = 1;
  double spread_ = 0;              // of the relative deviation, as a standard deviation
  double last_ = 0;                // last ratio; 0: none
  double above_ = 0, below_ = 0;   // the two sums
  uint32_t since_above_ = 0, since_below_ = 0;   // samples since each was zero
  uint64_t samples_ = 0;
  std::array<float, kRecent> recent_{};
};

}  // namespace takt
