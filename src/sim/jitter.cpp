#include "sim/jitter.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace takt {
namespace {

// Where the standard normal distribution reaches `p`: bisection of erfc, exact enough for a
// table and the same everywhere.
double normal_quantile(double p) {
  double low = -8, high = 8;
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (0.5 * std::erfc(-middle / std::sqrt(2.0)) < p ? low : high) = middle;
  }
  return (low + high) / 2;
}

constexpr double kTail = 0.01, kShape = 1.5, kStretchMax = 20;

double heavy_quantile(double p, double sigma) {
  const double body = std::min(p / (1 - kTail), 1 - 1e-4);
  if (p < 1 - kTail) return std::exp(sigma * normal_quantile(body));
  const double left = std::max((1 - p) / kTail, 1e-9);
  const double stretch = std::min(std::pow(left, -1 / kShape), kStretchMax);
  return std::exp(sigma * normal_quantile(1 - 1e-4)) * stretch;
}

}  // namespace

std::string Jitter::usage() { return "none, uniform:PCT, lognormal:PCT or heavy:PCT"; }

Result<Jitter> Jitter::parse(std::string_view text) {
  if (text == "none") return Jitter();
  const size_t colon = text.find(':');
  const std::string_view shape = text.substr(0, colon);
  const std::string_view number = colon == text.npos ? "" : text.substr(colon + 1);
  int percent = 0;
  const auto [end, code] =
      std::from_chars(number.data(), number.data() + number.size(), percent);
  const bool known = shape == "uniform" || shape == "lognormal" || shape == "heavy";
  if (!known || number.empty() || code != std::errc() || end != number.data() + number.size() ||
      percent < 1 || percent > 99)
    return bad_input("jitter '" + std::string(text) + "': must be " + usage() +
                     ", with a whole number of per cent from 1 to 99");
  const double spread = percent / 100.0;
  Jitter jitter;
  constexpr size_t kSteps = size_t{1} << kTableBits;
  for (size_t i = 0; i <= kSteps; ++i) {
    const double p = std::clamp(static_cast<double>(i) / kSteps, 1e-5, 1 - 1e-5);
    const double factor = shape == "uniform"
                              ? 1 - spread + 2 * spread * static_cast<double>(i) / kSteps
                          : shape == "lognormal" ? std::exp(spread * normal_quantile(p))
                                                 : heavy_quantile(p, spread);
    jitter.quantiles_.push_back(static_cast<uint32_t>(std::lround(factor * kOne)));
  }
  return jitter;
}

}  // namespace takt
