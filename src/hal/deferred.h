// Deferred operations: an action that runs once a list of semaphores has reached its
// values. Owns itself; the action runs exactly once, on the thread that satisfied the
// last wait (or at once), with the first failure of a wait or OK.
#pragma once

#include <functional>

#include "hal/execution.h"
#include "iree/hal/api.h"

namespace takt {

// True when every semaphore has reached its value and none has failed.
bool all_reached(const iree_hal_semaphore_list_t& waits);

// Owns `status`.
using DeferredAction = std::function<void(iree_status_t status)>;
iree_status_t run_when_reached(const iree_hal_semaphore_list_t& waits, DeferredAction action);

}  // namespace takt
