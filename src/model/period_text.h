// Periods as people write them: a rate in Hz ("29.97"), a time ("5ms"), or an exact fraction of
// nanoseconds ("100000000/3ns"). Nothing is rounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "model/workload.h"

namespace takt {

// nullopt when the text is neither; whether the period is sensible is for the caller to say.
std::optional<Period> parse_rate(std::string_view text);     // at most 6 decimals, more than 0
std::optional<Period> parse_period(std::string_view text);   // more than 0

// "5ms", or "100000000/3ns".
std::string format_period(const Period& period);

// Field and value: {"rate", "30"} where the rate is a short decimal and the period is none;
// else {"period", format_period()}.
std::pair<std::string, std::string> period_field(const Period& period);

}  // namespace takt
