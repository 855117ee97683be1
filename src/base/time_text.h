// Times as people write them: a number and a unit, `2ms`, `1.5us`, `100ns`, `1s`, or a
// bare count of nanoseconds. Exact: what is not a whole number of nanoseconds is refused.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/nanos.h"

namespace takt {

// The largest unit that divides the time: 2'000'000 -> "2ms", 1'500 -> "1500ns".
std::string format_time(Nanos time);

// nullopt when the text is not a time, is negative, not a whole number of nanoseconds
// or does not fit.
std::optional<Nanos> parse_time(std::string_view text);

}  // namespace takt
