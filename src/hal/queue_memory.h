// queue_alloca and queue_dealloca: memory that exists between two points of a queue. Buffers
// of queue_alloca are wrappers ("transient") whose memory comes and goes in queue order.
#pragma once

#include "iree/hal/api.h"

namespace takt {

// A range of a buffer's memory, as a queue operation that runs now may use it.
struct MemoryRange {
  iree_hal_buffer_t* buffer = nullptr;
  iree_device_size_t offset = 0;
  iree_device_size_t length = 0;
};

// Looks through a transient buffer. Mapping the wrapper would fail as soon as its queue_dealloca
// is submitted, although operations ordered before that still have to run.
// FAILED_PRECONDITION: it has no memory, not yet or no longer.
iree_status_t memory_range(iree_hal_buffer_t* buffer, iree_device_size_t offset,
                           iree_device_size_t length, MemoryRange* out_range);

// Fills the queue_alloca and queue_dealloca entries of a device vtable.
void set_memory_operations(iree_hal_device_vtable_t* vtable);

}  // namespace takt
