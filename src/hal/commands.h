// The work functions of the commands: what a lane runs. Their `data` is an Execution.
#pragma once

#include "hal/command_buffer.h"
#include "run/program.h"

namespace takt {

// A buffer of an execution, mapped.
struct MappedResource {
  uint8_t* data = nullptr;
  iree_device_size_t length = 0;
  bool operator==(const MappedResource&) const = default;
};
struct Execution;

// Makes the arguments of every kernel from execution.resources, unless they are as in the
// last run. OUT_OF_RANGE when a binding does not fit in its buffer.
iree_status_t resolve_dispatches(Execution& execution, const CommandBuffer& command_buffer);

// Prepares a lane to run kernels (LaneContext::user).
void set_up_lane(LaneContext& lane);

WorkItem dispatch_item(const DispatchCommand* command);
WorkItem fill_item(const FillCommand* command);
WorkItem copy_item(const CopyCommand* command);

}  // namespace takt
