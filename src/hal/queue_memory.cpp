#include "hal/queue_memory.h"

#include "hal/block_cache.h"
#include "hal/pool_alloca.h"
#include "hal/queue_operation.h"
#include "iree/hal/local/transient_buffer.h"

namespace takt {
namespace {

// Memory for a transient buffer.
iree_status_t commit_memory(HalDevice& device, iree_hal_buffer_params_t params,
                            iree_device_size_t size, iree_hal_buffer_t* transient) {
  iree_hal_buffer_t* backing = nullptr;
  IREE_RETURN_IF_ERROR(
      size > 0 ? BlockCache::instance().allocate(params, size, device.host_allocator, &backing)
               : iree_hal_allocator_allocate_buffer(device.device_allocator, params, size,
                                                    &backing));
  iree_hal_local_transient_buffer_stage_backing(transient, backing);
  iree_hal_local_transient_buffer_commit(transient);
  iree_hal_buffer_release(backing);
  return iree_ok_status();
}

// Where the buffer belongs, on exactly one queue, so that its deallocation comes back here.
iree_hal_buffer_placement_t placement_of(iree_hal_device_t* base,
                                         iree_hal_queue_affinity_t affinity) {
  iree_hal_buffer_placement_t placement = {};
  placement.device = base;
  placement.queue_affinity = affinity == IREE_HAL_QUEUE_AFFINITY_ANY || affinity == 0
                                 ? 1 : affinity & (~affinity + 1);
  placement.flags = IREE_HAL_BUFFER_PLACEMENT_FLAG_ASYNCHRONOUS;
  return placement;
}

// One queue_alloca, once what it waits for has been reached.
struct Allocation {
  HalDevice& device;
  iree_hal_buffer_params_t params;
  iree_device_size_t size;
  iree_hal_alloca_flags_t flags;
  ProfiledOperation operation;

  // Signals `signals` now or later; an error leaves them to the caller.
  iree_status_t run(const iree_hal_semaphore_list_t& signals, iree_hal_pool_t* pool,
                    iree_hal_buffer_t* transient) {
    record_started(&operation);
    if (pool && size > 0)
      return alloca_from_pool(device, signals, pool, params, size, flags, transient, operation);
    IREE_RETURN_IF_ERROR(commit_memory(device, params, size, transient));
    record_ended(device, operation, iree_ok_status());
    end_operation(device, signals, iree_ok_status());
    return iree_ok_status();
  }
};

iree_status_t queue_alloca(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                           const iree_hal_semaphore_list_t waits,
                           const iree_hal_semaphore_list_t signals, iree_hal_pool_t* pool,
                           iree_hal_buffer_params_t params, iree_device_size_t size,
                           iree_hal_alloca_flags_t flags, iree_hal_buffer_t** out_buffer) {
  HalDevice& device = as_device(base);
  *out_buffer = nullptr;
  iree_hal_buffer_params_canonicalize(&params);
  iree_hal_allocator_query_buffer_compatibility(device.device_allocator, params, size, &params,
                                                nullptr);
  iree_hal_buffer_t* transient = nullptr;
  IREE_RETURN_IF_ERROR(iree_hal_local_transient_buffer_create(
      placement_of(base, affinity), params, size, size, device.host_allocator, &transient));
  Allocation allocation{device, params, size, flags,
                        {.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_ALLOCA, .payload_bytes = size}};
  record_queued(device, waits, signals, &allocation.operation);
  iree_status_t status = iree_ok_status();
  if (all_reached(waits)) {
    status = allocation.run(signals, pool, transient);
  } else {
    auto kept = std::make_shared<SemaphoreList>(signals);
    status = run_when_reached(
        waits, [allocation, kept, kept_transient = keep(transient),
                kept_pool = keep(pool)](iree_status_t waited) mutable {
          if (iree_status_is_ok(waited))
            waited = allocation.run(kept->view(), kept_pool.get(), kept_transient.get());
          if (!iree_status_is_ok(waited)) end_operation(allocation.device, kept->view(), waited);
        });
  }
  if (!iree_status_is_ok(status)) {
    iree_hal_buffer_release(transient);
    return status;
  }
  *out_buffer = transient;
  return iree_ok_status();
}

iree_status_t queue_dealloca(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                             const iree_hal_semaphore_list_t waits,
                             const iree_hal_semaphore_list_t signals, iree_hal_buffer_t* buffer,
                             iree_hal_dealloca_flags_t) {
  HalDevice& device = as_device(base);
  ProfiledOperation operation{.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_DEALLOCA};
  const bool ours = iree_hal_buffer_allocation_placement(buffer).device == base &&
                    iree_hal_local_transient_buffer_isa(buffer);
  if (!ours)   // lives as long as its references
    return enqueue(base, waits, signals, operation, [] { return iree_ok_status(); });
  if (!iree_hal_local_transient_buffer_begin_dealloca(buffer))
    return iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                            "takt: the buffer was already deallocated on a queue");
  operation.payload_bytes = iree_hal_buffer_byte_length(buffer);
  if (all_reached(waits))
    return enqueue(base, waits, signals, operation, [&device, buffer] {
      decommit_transient(device, buffer);
      return iree_ok_status();
    });
  record_queued(device, waits, signals, &operation);
  auto kept = std::make_shared<SemaphoreList>(signals);
  return run_when_reached(
      waits, [&device, operation, kept, kept_buffer = keep(buffer)](iree_status_t status) mutable {
        record_started(&operation);
        if (iree_status_is_ok(status)) {
          decommit_transient(device, kept_buffer.get());
        } else {
          // What it waited for failed: the buffer stays, and may be deallocated again.
          iree_hal_local_transient_buffer_abort_dealloca(kept_buffer.get());
        }
        record_ended(device, operation, status);
        end_operation(device, kept->view(), status);
      });
}

}  // namespace

iree_status_t memory_range(iree_hal_buffer_t* buffer, iree_device_size_t offset,
                           iree_device_size_t length, MemoryRange* out_range) {
  *out_range = {buffer, offset, length};
  iree_hal_buffer_t* allocated = iree_hal_buffer_allocated_buffer(buffer);
  if (!iree_hal_local_transient_buffer_isa(allocated)) return iree_ok_status();
  out_range->buffer = iree_hal_local_transient_buffer_backing_buffer(allocated);
  if (!out_range->buffer)
    return iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                            "takt: the buffer has no memory: its queue_alloca has not run, or its "
                            "queue_dealloca has; order the operation by their semaphores");
  return iree_hal_buffer_calculate_range(iree_hal_buffer_byte_offset(buffer),
                                         iree_hal_buffer_byte_length(buffer), offset, length,
                                         &out_range->offset, &out_range->length);
}

void set_memory_operations(iree_hal_device_vtable_t* vtable) {
  vtable->queue_alloca = queue_alloca;
  vtable->queue_dealloca = queue_dealloca;
}

}  // namespace takt
