#include "model/period_text.h"

#include <numeric>

#include "base/int128.h"
#include "base/time_text.h"

namespace takt {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;

Period reduced(int64_t num_ns, int64_t den) {
  const int64_t divisor = std::gcd(num_ns, den);
  return {num_ns / divisor, den / divisor};
}

}  // namespace

std::optional<Period> parse_rate(std::string_view text) {
  int64_t digits = 0, scale = 1;
  bool seen_point = false;
  if (text.empty() || text.front() == '.' || text.back() == '.') return std::nullopt;
  for (const char c : text) {
    if (c == '.' && !seen_point) {
      seen_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    digits = digits * 10 + (c - '0');
    if (seen_point) scale *= 10;
    if (digits > 1'000'000'000'000 || scale > 1'000'000) return std::nullopt;
  }
  if (digits == 0) return std::nullopt;
  return reduced(kNsPerSecond * scale, digits);
}

std::optional<Period> parse_period(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) {
    const auto time = parse_time(text);
    return time && time->ns > 0 ? std::optional(Period{time->ns, 1}) : std::nullopt;
  }
  const auto num = parse_time(text.substr(0, slash)), den = parse_time(text.substr(slash + 1));
  if (!text.ends_with("ns") || !num || !den || num->ns <= 0 || den->ns <= 0) return std::nullopt;
  if (num->ns > (int64_t{1} << 50) || den->ns > (int64_t{1} << 40)) return std::nullopt;
  return reduced(num->ns, den->ns);
}

std::string format_period(const Period& period) {
  if (period.den == 1) return format_time(Nanos(period.num_ns));
  return std::to_string(period.num_ns) + '/' + std::to_string(period.den) + "ns";
}

std::pair<std::string, std::string> period_field(const Period& period) {
  const Int128 micro_hz = Int128{kNsPerSecond} * 1'000'000 * period.den;
  if (period.den != 1 && micro_hz % period.num_ns == 0 &&
      micro_hz / period.num_ns <= 1'000'000'000'000) {
    const auto value = static_cast<int64_t>(micro_hz / period.num_ns);
    std::string decimals = std::to_string(1'000'000 + value % 1'000'000).substr(1);
    while (decimals.ends_with('0')) decimals.pop_back();
    const std::string whole = std::to_string(value / 1'000'000);
    return {"rate", decimals.empty() ? whole : whole + '.' + decimals};
  }
  return {"period", format_period(period)};
}

}  // namespace takt
