#include "hal/semaphore.h"

#include "base/clock.h"
#include "hal/device.h"
#include "iree/async/semaphore.h"

namespace takt {
namespace {

struct Semaphore {
  iree_async_semaphore_t async;    // first: this is an iree_hal_semaphore_t
  iree_allocator_t host_allocator;
  HalDevice* device;                  // borrowed: a device outlives its semaphores
};

Semaphore& cast(iree_async_semaphore_t* base) { return *reinterpret_cast<Semaphore*>(base); }

void destroy(iree_async_semaphore_t* base) {
  iree_allocator_t allocator = cast(base).host_allocator;
  iree_async_semaphore_deinitialize(base);
  iree_allocator_free(allocator, base);
}

uint64_t query(iree_async_semaphore_t* base) {
  auto failure = reinterpret_cast<iree_status_t>(
      iree_atomic_load(&base->failure_status, iree_memory_order_acquire));
  if (!iree_status_is_ok(failure)) return iree_hal_status_as_semaphore_failure(failure);
  return uint64_t(iree_atomic_load(&base->timeline_value, iree_memory_order_acquire));
}

iree_status_t signal(iree_async_semaphore_t* base, uint64_t value,
                     const iree_async_frontier_t* frontier) {
  IREE_RETURN_IF_ERROR(iree_async_semaphore_advance_timeline(base, value, frontier));
  iree_async_semaphore_dispatch_timepoints(base, value);
  return iree_ok_status();
}

struct Target {
  iree_async_semaphore_t* semaphore;
  uint64_t value;
};

bool reached(void* arg) {
  const Target& target = *static_cast<Target*>(arg);
  return query(target.semaphore) >= target.value;   // a failure compares as reached
}

// The waiting thread works on the device's lanes first, then sleeps.
iree_status_t wait(iree_hal_semaphore_t* base, uint64_t value, iree_timeout_t timeout,
                   iree_async_wait_flags_t flags) {
  auto* semaphore = reinterpret_cast<iree_async_semaphore_t*>(base);
  Target target{semaphore, value};
  if (!iree_timeout_is_immediate(timeout) && !reached(&target)) {
    const iree_time_t until = iree_timeout_as_deadline_ns(timeout);
    // IREE's clock is CLOCK_REALTIME on Linux, ours is monotonic.
    const Nanos deadline = until == IREE_TIME_INFINITE_FUTURE
                               ? Nanos::max()
                               : monotonic_now() + Nanos(until - iree_time_now());
    cast(semaphore).device->executor->donate(reached, &target, deadline);
  }
  return iree_async_semaphore_multi_wait(IREE_ASYNC_WAIT_MODE_ALL, &semaphore, &value, 1,
                                         timeout, flags, iree_allocator_system());
}

iree_status_t import_timepoint(iree_hal_semaphore_t*, uint64_t, iree_hal_queue_affinity_t,
                               iree_hal_external_timepoint_t) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: timepoint import is not implemented");
}

iree_status_t export_timepoint(iree_hal_semaphore_t*, uint64_t, iree_hal_queue_affinity_t,
                               iree_hal_external_timepoint_type_t,
                               iree_hal_external_timepoint_flags_t,
                               iree_hal_external_timepoint_t*) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: timepoint export is not implemented");
}

const iree_hal_semaphore_vtable_t kSemaphoreVtable = {
    .async = {.destroy = destroy, .query = query, .signal = signal},
    .wait = wait,
    .import_timepoint = import_timepoint,
    .export_timepoint = export_timepoint,
};

struct Event {
  iree_hal_resource_t resource;    // first: this is an iree_hal_event_t
  iree_allocator_t host_allocator;
};

void destroy_event(iree_hal_event_t* base) {
  iree_allocator_free(reinterpret_cast<Event*>(base)->host_allocator, base);
}

const iree_hal_event_vtable_t kEventVtable = {.destroy = destroy_event};

}  // namespace

iree_status_t create_semaphore(HalDevice* device, uint64_t initial_value,
                               iree_hal_semaphore_t** out_semaphore) {
  iree_host_size_t frontier_offset = 0, total_size = 0;
  IREE_RETURN_IF_ERROR(
      iree_async_semaphore_layout(sizeof(Semaphore), 0, &frontier_offset, &total_size));
  Semaphore* semaphore = nullptr;
  IREE_RETURN_IF_ERROR(iree_allocator_malloc(device->host_allocator, total_size,
                                             reinterpret_cast<void**>(&semaphore)));
  iree_async_semaphore_initialize(
      reinterpret_cast<const iree_async_semaphore_vtable_t*>(&kSemaphoreVtable),
      device->proactor, initial_value, frontier_offset, 0, &semaphore->async);
  semaphore->host_allocator = device->host_allocator;
  semaphore->device = device;
  *out_semaphore = reinterpret_cast<iree_hal_semaphore_t*>(semaphore);
  return iree_ok_status();
}

iree_status_t create_event(iree_allocator_t host_allocator, iree_hal_event_t** out_event) {
  Event* event = nullptr;
  IREE_RETURN_IF_ERROR(iree_allocator_malloc(host_allocator, sizeof(*event),
                                             reinterpret_cast<void**>(&event)));
  iree_hal_resource_initialize(&kEventVtable, &event->resource);
  event->host_allocator = host_allocator;
  *out_event = reinterpret_cast<iree_hal_event_t*>(event);
  return iree_ok_status();
}

}  // namespace takt
