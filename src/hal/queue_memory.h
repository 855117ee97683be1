// queue_alloca and queue_dealloca: memory that exists between two points of a queue.
#pragma once

#include "iree/hal/api.h"

namespace takt {

// Fills the queue_alloca and queue_dealloca entries of a device vtable.
void set_memory_operations(iree_hal_device_vtable_t* vtable);

}  // namespace takt
