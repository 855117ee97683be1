// ControlRequest: what is asked of a running mission through its control socket, one line of JSON
// (docs/control.md). Whoever may open the socket may write anything into it: every line is a
// request or an error.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/workload_change.h"

namespace takt {

struct ControlRequest {
  enum class Kind { kList, kChange, kMode };
  Kind kind = Kind::kList;
  WorkloadChange change;     // kChange
  std::string mode;          // kMode: of the workload's modes

  static constexpr size_t kMaxBytes = 128 << 10;   // of the line
};

// kUsage: "request:1: field task: what is wrong; what is allowed". Relative paths in it are
// relative to this process's directory.
Result<ControlRequest> parse_control_request(std::string_view line);

// One line, ending in a newline; parse_control_request() of it gives the same request.
std::string write_control_request(const ControlRequest& request);

// For people: "list", "rate of ground: 50 Hz", "mode landing".
std::string text_of(const ControlRequest& request);

}  // namespace takt
