// IREE's own profile captures (iree_hal_device_profiling_begin) on a takt device: one queue
// event when an operation is submitted, one host execution event when it has run. takt's finer
// events, per operation and lane, go through DeviceControl::drain_trace.
//
// A capture begins and ends while nothing is in flight; operations of no capture record nothing.
#pragma once

#include <cstdint>

#include "iree/hal/api.h"

namespace takt {

struct HalDevice;

// What a queue operation tells the capture it belongs to.
struct ProfiledOperation {
  iree_hal_profile_queue_event_type_t type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_NONE;
  uint64_t payload_bytes = 0;
  uint32_t operation_count = 1;
  uint32_t function = UINT32_MAX;      // dispatches: the function's number ...
  uint64_t executable = 0;             // ... the executable's id
  uint32_t workgroup_count[3] = {};    // ... zero when read from a buffer
  uint64_t command_buffer = 0;         // its id
  uint64_t submission = 0;             // set by record_queued(); 0: no capture
  iree_time_t start = 0;               // set by record_started()
};

void record_queued(HalDevice& device, const iree_hal_semaphore_list_t& waits,
                   const iree_hal_semaphore_list_t& signals, ProfiledOperation* operation);
void record_started(ProfiledOperation* operation);
// Before the operation's semaphores are signalled. Does not own `status`.
void record_ended(HalDevice& device, const ProfiledOperation& operation, iree_status_t status);

// Fills the profiling_* entries of a device vtable.
void set_profiling_operations(iree_hal_device_vtable_t* vtable);

}  // namespace takt
