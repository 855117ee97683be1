// Perfetto export: a plan and a run, side by side, as one file that ui.perfetto.dev and
// chrome://tracing load (the Chrome JSON trace-event format; docs/trace.md).
//
// Process "plan" and process "run", each with a thread per lane that holds the operations
// and an async track per task that holds its jobs, release to end, with the outcome.
// Times are microseconds since the earliest event, exact to the nanosecond.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/plan.h"
#include "model/trace_event.h"
#include "trace/op_names.h"

namespace takt {

struct PerfettoInput {
  const Plan* plan = nullptr;                    // either may be missing
  const Trace* trace = nullptr;
  const OpNames* names = nullptr;                // optional: else "op 7"
  // A periodic plan is repeated under the run, up to this many windows.
  int plan_windows_max = 100;
};

// Gives the JSON text to `sink` in pieces.
void perfetto_json(const PerfettoInput& input, const std::function<void(std::string_view)>& sink);

// The same into a file, piece by piece, shown only when it is whole.
Status write_perfetto(const std::string& path, const PerfettoInput& input);

}  // namespace takt
