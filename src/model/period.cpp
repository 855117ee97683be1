#include "model/period.h"

#include <numeric>

#include "base/time_text.h"

namespace takt {
namespace {

constexpr int64_t kNsPerSecond = 1'000'000'000;
constexpr Nanos kPeriodMin = micros(1), kPeriodMax = seconds(3600);

Period reduced(int64_t num_ns, int64_t den) {
  const int64_t divisor = std::gcd(num_ns, den);
  return {num_ns / divisor, den / divisor};
}

std::optional<Period> in_range(const Period& period) {
  if (period.length() < kPeriodMin || period.length() > kPeriodMax) return std::nullopt;
  return period;
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
  return in_range(reduced(kNsPerSecond * scale, digits));
}

std::optional<Period> parse_period(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) {
    const auto time = parse_time(text);
    return time ? in_range({time->ns, 1}) : std::nullopt;
  }
  const auto num = parse_time(text.substr(0, slash)), den = parse_time(text.substr(slash + 1));
  if (!text.ends_with("ns") || !num || !den || num->ns <= 0 || den->ns <= 0) return std::nullopt;
  if (num->ns > (int64_t{1} << 50) || den->ns > (int64_t{1} << 40)) return std::nullopt;
  return in_range(reduced(num->ns, den->ns));
}

Period read_period(Field owner, Field period, Field rate) {
  if (!owner.present()) return {kPeriodMin.ns, 1};
  if (period.present() == rate.present())
    owner.fail("a task needs either a period (5ms) or a rate (in Hz, 200), one of the two");
  const Field field = period.present() ? period : rate;
  const auto value = period.present() ? parse_period(field.scalar()) : parse_rate(field.scalar());
  if (value) return *value;
  const char* expected = period.present()
                             ? "must be a time from 1us to 3600s such as 5ms, is '"
                             : "must be a rate in Hz such as 200 or 29.97, more than 0, with at "
                               "most 6 decimals, its period from 1us to 3600s, is '";
  field.fail(expected + shown(field.scalar()) + '\'');
  return {kPeriodMin.ns, 1};
}

std::string format_period(const Period& period) {
  if (period.den == 1) return format_time(Nanos(period.num_ns));
  return std::to_string(period.num_ns) + '/' + std::to_string(period.den) + "ns";
}

std::pair<std::string, std::string> period_text(const Period& period) {
  const Int128 micro_hz = Int128{kNsPerSecond} * 1'000'000 * period.den;
  if (period.den == 1 || micro_hz % period.num_ns != 0 ||
      micro_hz / period.num_ns > 1'000'000'000'000)
    return {"period", format_period(period)};
  const auto value = static_cast<int64_t>(micro_hz / period.num_ns);
  std::string decimals = std::to_string(1'000'000 + value % 1'000'000).substr(1);
  while (decimals.ends_with('0')) decimals.pop_back();
  const std::string whole = std::to_string(value / 1'000'000);
  return {"rate", decimals.empty() ? whole : whole + '.' + decimals};
}

}  // namespace takt
