#include "dispatch/change_point.h"

#include <algorithm>

namespace takt {

using namespace dispatch_tuning;

std::optional<LevelChange> ChangePoint::add(Nanos expected, Nanos measured) {
  if (expected <= Nanos(0) || measured <= Nanos(0)) return std::nullopt;
  return add(double(measured.ns) / double(expected.ns));
}

std::optional<LevelChange> ChangePoint::add(double ratio) {
  if (!(ratio > 0)) return std::nullopt;
  recent_[samples_++ % kRecent] = float(ratio);
  follow_spread(ratio);
  const double step = options_.step_pct / 100.0;
  const double scale = std::max(spread_, step / (2 * kCusumAllowance));
  const double z = std::clamp((ratio / level_ - 1) / scale, -kCusumClip, kCusumClip);
  above_ = std::max(0.0, above_ + z - kCusumAllowance);
  below_ = std::max(0.0, below_ - z - kCusumAllowance);
  since_above_ = above_ > 0 ? since_above_ + 1 : 0;
  since_below_ = below_ > 0 ? since_below_ + 1 : 0;
  if (std::max(above_, below_) <= options_.limit) return std::nullopt;

  const uint32_t since = above_ > below_ ? since_above_ : since_below_;
  const double median = recent_median(std::min(since, kRecent));
  above_ = below_ = 0;
  since_above_ = since_below_ = 0;
  const double moved = median / level_ - 1;
  if (std::max(moved, -moved) < step / 2) return std::nullopt;
  const LevelChange change{level_, median, since};
  level_ = median;
  return change;
}

double ChangePoint::recent_median(uint32_t count) const {
  std::array<float, kRecent> newest;
  for (uint32_t i = 0; i < count; ++i) newest[i] = recent_[(samples_ - 1 - i) % kRecent];
  const auto middle = newest.begin() + count / 2;
  std::nth_element(newest.begin(), middle, newest.begin() + count);
  return *middle;
}

// Robbins and Monro 1951, for the median of |difference|, which is 0.954 standard deviations of a
// sample when those are normal. The first few steps are large: it finds its order of magnitude.
void ChangePoint::follow_spread(double ratio) {
  constexpr double kMedianOfDifference = 0.954;
  if (last_ > 0) {
    const double difference = std::max(ratio - last_, last_ - ratio) / level_;
    const double gain = samples_ < 32 ? 0.2 : 0.02;
    if (spread_ == 0) spread_ = std::min(difference, 1.0);
    else if (difference > kMedianOfDifference * spread_) spread_ *= 1 + gain;
    else spread_ = std::max(spread_ / (1 + gain), 1e-3);
  }
  last_ = ratio;
}

}  // namespace takt
