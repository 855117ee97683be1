// The work functions of the commands: what a lane runs. Their `data` is an Execution.
#pragma once

#include "hal/command_buffer.h"
#include "run/program.h"

namespace takt {

// A buffer of an execution, mapped.
struct MappedResource {
  uint8_t* data = nullptr;
  iree_device_size_t length = 0;
};

WorkItem dispatch_item(const DispatchCommand* command);
WorkItem fill_item(const FillCommand* command);
WorkItem copy_item(const CopyCommand* command);

}  // namespace takt
