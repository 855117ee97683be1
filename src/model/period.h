// Period: how often a task runs, exactly, and its two texts: a rate in Hz and a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/int128.h"
#include "base/nanos.h"
#include "model/field_reader.h"

namespace takt {

// An exact period: numerator / denominator nanoseconds, reduced. 30 Hz is 10^8/3 ns.
// Job k is released at phase + floor(k * num / den): no drift over any number of jobs.
struct Period {
  int64_t num_ns = 0;
  int64_t den = 1;
  Nanos release(int64_t k) const {
    return Nanos(static_cast<int64_t>(static_cast<Int128>(k) * num_ns / den));
  }
  Nanos length() const { return Nanos(num_ns / den); }
  bool operator==(const Period&) const = default;
};

// A time from 1us to 3600s, "5ms", or a fraction of nanoseconds, "100000000/3ns".
std::optional<Period> parse_period(std::string_view text);
// A rate in Hz, "30" or "29.97", exactly: at most 6 decimals, its period in the same bounds.
std::optional<Period> parse_rate(std::string_view text);

// The one of the two fields that `owner` has; reports none, both, or a wrong one.
Period read_period(Field owner, Field period, Field rate);

// "5ms", or "100000000/3ns": what parse_period() reads.
std::string format_period(const Period& period);

// {"rate", "30"} where the rate is a short decimal, else {"period", an exact time}.
std::pair<std::string, std::string> period_text(const Period& period);

}  // namespace takt
