// What all queue operations share: objects kept alive until an operation has run, waiting,
// profiling, and signalling its end.
#pragma once

#include <memory>
#include <utility>

#include "hal/deferred.h"
#include "hal/device.h"
#include "hal/profiling.h"

namespace takt {

// A retained HAL object, for actions that run later.
template <class T>
std::shared_ptr<T> keep(T* object) {
  if (!object) return nullptr;
  auto* resource = reinterpret_cast<iree_hal_resource_t*>(object);
  iree_hal_resource_retain(resource);
  return {object, [resource](T*) { iree_hal_resource_release(resource); }};
}

// Runs `body` (a callable returning iree_status_t) when `waits` are satisfied and signals
// or fails `signals` with what it returns. `body` keeps alive what it uses.
template <class Body>
iree_status_t enqueue(iree_hal_device_t* base, const iree_hal_semaphore_list_t& waits,
                      const iree_hal_semaphore_list_t& signals, ProfiledOperation operation,
                      Body&& body) {
  HalDevice& device = as_device(base);
  const auto run = [&device](ProfiledOperation& profiled, auto& action) {
    record_started(&profiled);
    iree_status_t status = action();
    record_ended(device, profiled, status);
    return status;
  };
  record_queued(device, waits, signals, &operation);
  if (all_reached(waits)) {
    end_operation(device, signals, run(operation, body));
    return iree_ok_status();
  }
  auto kept = std::make_shared<SemaphoreList>(signals);
  return run_when_reached(
      waits, [&device, kept, run, operation, body](iree_status_t status) mutable {
        if (iree_status_is_ok(status)) status = run(operation, body);
        end_operation(device, kept->view(), status);
      });
}

}  // namespace takt
