#include "base/time_text.h"

#include <array>

#include "base/int128.h"

namespace takt {
namespace {

struct Unit {
  std::string_view name;
  int64_t ns;
};
// Largest first; "s" is a suffix of the others and is therefore looked for last.
constexpr std::array<Unit, 4> kUnits{{{"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000},
                                      {"ns", 1}}};

// Cuts the unit (and blanks before it) off the end of `text`. A bare number is in ns.
int64_t take_unit(std::string_view& text) {
  for (size_t i = kUnits.size(); i-- > 0;) {
    if (!text.ends_with(kUnits[i].name)) continue;
    text.remove_suffix(kUnits[i].name.size());
    while (text.ends_with(' ')) text.remove_suffix(1);
    return kUnits[i].ns;
  }
  return 1;
}

}  // namespace

std::string format_time(Nanos time) {
  for (const Unit& unit : kUnits)
    if (time.ns != 0 && time.ns % unit.ns == 0)
      return std::to_string(time.ns / unit.ns) + std::string(unit.name);
  return "0ns";
}

std::optional<Nanos> parse_time(std::string_view text) {
  const int64_t unit_ns = take_unit(text);
  Int128 digits = 0;   // the number without its point
  int64_t scale = 1;     // 10^(digits after the point)
  bool seen_point = false, seen_digit = false;
  for (const char c : text) {
    if (c == '.' && !seen_point && seen_digit) {
      seen_point = true;
      continue;
    }
    if (c < '0' || c > '9') return std::nullopt;
    seen_digit = true;
    digits = digits * 10 + (c - '0');
    if (seen_point) scale *= 10;
    if (digits > Nanos::max().ns || scale > 1'000'000'000) return std::nullopt;
  }
  if (!seen_digit || text.ends_with('.')) return std::nullopt;
  const Int128 scaled = digits * unit_ns;
  if (scaled % scale != 0 || scaled / scale > Nanos::max().ns) return std::nullopt;
  return Nanos(static_cast<int64_t>(scaled / scale));
}

}  // namespace takt
