// Queue-ordered allocation from a caller's pool. The pool may have the memory at once, may
// hand out memory whose last use is still to end (its death frontier), or may be exhausted
// until something else is deallocated; nobody blocks in any of these cases.
#pragma once

#include "hal/profiling.h"
#include "iree/hal/api.h"

namespace takt {

struct HalDevice;

// Reserves `size` bytes of `pool`, commits them to the transient buffer, then signals
// `signals` (or fails them). Returns an error, without touching `signals`, when that is
// known at once. REQUIRES: what the operation waits for has been reached.
iree_status_t alloca_from_pool(HalDevice& device, const iree_hal_semaphore_list_t& signals,
                               iree_hal_pool_t* pool, iree_hal_buffer_params_t params,
                               iree_device_size_t size, iree_hal_alloca_flags_t flags,
                               iree_hal_buffer_t* transient, const ProfiledOperation& operation);

// Takes the memory from a transient buffer, whatever it came from, and gives a pool's memory
// back to be used by what is ordered after this operation.
// REQUIRES: what the dealloca waits for has been reached
void decommit_transient(HalDevice& device, iree_hal_buffer_t* transient);

}  // namespace takt
