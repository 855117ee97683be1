// Timeline semaphores and events of takt devices: host-side, on IREE's async semaphore.
#pragma once

#include "iree/async/proactor.h"
#include "iree/hal/api.h"

namespace takt {

struct HalDevice;

iree_status_t create_semaphore(HalDevice* device, uint64_t initial_value,
                               iree_hal_semaphore_t** out_semaphore);

iree_status_t create_event(iree_allocator_t host_allocator, iree_hal_event_t** out_event);

}  // namespace takt
