// The way back from the Perfetto export: the run in a file of write_perfetto() as a Trace, for
// who compares or replays it. The plan in the file, if any, is not read.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/trace_event.h"

namespace takt {

// Times are relative to the file's first event, exact to the nanosecond; so is `origin`, which
// the file does not tell: 0. Decisions and idle times are left out. kUsage: not such a file, or
// no run in it; the path and what is wrong.
Result<Trace> read_perfetto(const std::string& path);
Result<Trace> parse_perfetto(std::string_view text, const std::string& path);

}  // namespace takt
