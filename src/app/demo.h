// The demo: the main job end to end on the built-in robot workload and this machine.
// Generate, compile, profile, plan, run beside IREE's local-task, compare, report.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "app/comparison.h"
#include "app/planning.h"
#include "trace/conformance.h"

namespace takt {

struct DemoOptions {
  std::string dir;                       // everything it makes is left here
  std::string workload = "robot.yaml";   // of examples/workloads
  Nanos duration = seconds(6);           // of robot time on each device
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string& step)> step;   // may be empty
};

struct DemoOutcome {
  CompiledWorkload compiled;
  PlannedWorkload planned;
  std::vector<DeviceRun> runs;           // takt, local-task
  Conformance conformance;               // of takt's first segment
  bool bit_identical = false;            // takt's outputs against local-sync's
  std::string policy, warning;
  std::string plan_path, trace_path, db_path, workload_path;
};

Result<DemoOutcome> run_demo(const DemoOptions& options);

}  // namespace takt
