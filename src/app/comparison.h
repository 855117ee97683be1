// Comparison: one workload on several devices in alternation, in one process, so that
// the machine's moods meet all alike. The first device is ours, with the plan.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/loop_report.h"
#include "app/mission.h"
#include "model/trace_event.h"
#include "model/workload.h"
#include "trace/figures.h"

namespace takt {

struct ComparisonOptions {
  Nanos duration = seconds(5);         // of robot time on each device
  Nanos segment = seconds(2);          // the devices change after so much
  uint64_t jobs_max = 0;               // of each task and segment; 0: no limit
  uint64_t seed = 1;
  const std::atomic<bool>* stop = nullptr;
  std::function<void(const std::string& device, Nanos done)> progress;   // may be empty
};

struct DeviceRun {
  std::string name;
  std::vector<Trace> traces;           // one per segment
  std::vector<TaskFigures> tasks;      // over all segments
  // For each task, whether the last job's outputs equal the reference device's bit for
  // bit in every segment.
  std::vector<bool> identical;
  std::optional<LoopReport> loop;      // when windows were planned meanwhile
};

// `reference` is the device whose outputs count as right (local-sync). kFailed when a job
// fails or is lost.
Result<std::vector<DeviceRun>> compare(const CompiledWorkload& compiled,
                                       const std::vector<std::shared_ptr<Device>>& devices,
                                       const std::shared_ptr<Device>& reference,
                                       const ComparisonOptions& options);

}  // namespace takt
