// Any bytes as a line on the control socket: an error or a request that is written and read again
// unchanged, and a change that gives an error or a workload whose file can be read.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "model/control_request.h"

namespace {

constexpr std::string_view kMission = R"(format: takt-workload
version: 1
name: mission
modules:
  - {name: net, path: /m/net.mlir}
tasks:
  - {name: a, module: net, rate: 100, criticality: hard, phase: 2ms}
  - {name: b, module: net, period: 7ms}
  - {name: c, module: net, rate: 30}
chains:
  - {name: ab, tasks: [a, b], deadline: 20ms}
edges:
  - {from: b, to: c}
modes:
  - {name: all, tasks: [a, b, c], rates: [{task: c, rate: 15}]}
  - {name: one, tasks: [a]}
)";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto request = takt::parse_control_request(line);
  if (!request.ok()) {
    CHECK(request.error().message.find("request") != std::string::npos);
    return 0;
  }
  const std::string written = takt::write_control_request(*request);
  CHECK(written.find('\n') == written.size() - 1);
  const auto again = takt::parse_control_request(written);
  CHECK_MSG(again.ok(), again.ok() ? "" : again.error().message.c_str());
  CHECK(takt::write_control_request(*again) == written);

  if (request->kind != takt::ControlRequest::Kind::kChange) return 0;
  const auto mission = takt::parse_workload(kMission, "/m/mission.yaml");
  const auto after = takt::changed(*mission, request->change);
  if (!after.ok()) return 0;
  const auto read = takt::parse_workload(takt::write_workload(*after), "/m/after.yaml");
  CHECK_MSG(read.ok(), read.ok() ? "" : read.error().message.c_str());
  return 0;
}
