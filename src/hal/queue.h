// The queue operations of a takt device. An operation whose waits are all satisfied runs
// at once: memory operations on the submitting thread, command buffers on the executor.
// Any other is kept until its last wait is satisfied and then runs from there.
#pragma once

#include "iree/hal/api.h"

namespace takt {

// Fills the queue_* entries of a device vtable.
void set_queue_operations(iree_hal_device_vtable_t* vtable);

}  // namespace takt
