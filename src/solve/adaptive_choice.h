// AdaptiveChoice: roulette among alternatives by what each brought per effort lately (Ropke and
// Pisinger 2006). None falls below a tenth of an even share.
#pragma once

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

#include "base/rng.h"

namespace takt {

class AdaptiveChoice {
 public:
  explicit AdaptiveChoice(size_t count) : weight_(count, 1.0) {}

  // REQUIRES: there are alternatives.
  size_t choose(Rng& rng) const {
    const double sum = std::accumulate(weight_.begin(), weight_.end(), 0.0);
    const double least = 0.1 * sum / static_cast<double>(weight_.size());
    double total = 0;
    for (const double weight : weight_) total += std::max(weight, least);
    double at = rng.unit() * total;
    for (size_t i = 0; i < weight_.size(); ++i)
      if ((at -= std::max(weight_[i], least)) < 0) return i;
    return weight_.size() - 1;
  }

  // `gain` >= 0 in any unit, `effort` > 0 in any unit, the same for all.
  void learn(size_t i, double gain, double effort) {
    constexpr double kRate = 0.01;
    weight_[i] = (1 - kRate) * weight_[i] + kRate * (gain + kHope) / effort;
  }

 private:
  static constexpr double kHope = 0.005;     // so that weights stay apart from zero
  std::vector<double> weight_;
};

}  // namespace takt
