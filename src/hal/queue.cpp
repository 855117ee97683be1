#include "hal/queue.h"

#include <cstring>
#include <memory>

#include "hal/queue_memory.h"
#include "hal/queue_operation.h"

namespace takt {
namespace {

ProfiledOperation transfer(iree_hal_profile_queue_event_type_t type, uint64_t bytes) {
  return {.type = type, .payload_bytes = bytes};
}

iree_status_t queue_fill(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                         const iree_hal_semaphore_list_t waits,
                         const iree_hal_semaphore_list_t signals, iree_hal_buffer_t* target,
                         iree_device_size_t offset, iree_device_size_t length,
                         const void* pattern, iree_host_size_t pattern_length,
                         iree_hal_fill_flags_t) {
  uint64_t bits = 0;
  if (pattern_length > sizeof(bits))
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "takt: a fill pattern of %zu bytes; at most 4 are possible",
                            pattern_length);
  std::memcpy(&bits, pattern, pattern_length);
  auto kept = keep(target);
  return enqueue(base, waits, signals,
                 transfer(IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_FILL, length),
                 [kept, offset, length, bits, pattern_length] {
                   MemoryRange to;
                   IREE_RETURN_IF_ERROR(memory_range(kept.get(), offset, length, &to));
                   return iree_hal_buffer_map_fill(to.buffer, to.offset, to.length, &bits,
                                                   pattern_length);
                 });
}

iree_status_t queue_update(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                           const iree_hal_semaphore_list_t waits,
                           const iree_hal_semaphore_list_t signals, const void* source,
                           iree_host_size_t source_offset, iree_hal_buffer_t* target,
                           iree_device_size_t target_offset, iree_device_size_t length,
                           iree_hal_update_flags_t) {
  const auto* bytes = static_cast<const uint8_t*>(source) + source_offset;
  // The source is only valid during this call.
  auto copy = std::make_shared<std::vector<uint8_t>>(bytes, bytes + length);
  auto kept = keep(target);
  return enqueue(base, waits, signals,
                 transfer(IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_UPDATE, length),
                 [kept, target_offset, copy] {
                   MemoryRange to;
                   IREE_RETURN_IF_ERROR(
                       memory_range(kept.get(), target_offset, copy->size(), &to));
                   return iree_hal_buffer_map_write(to.buffer, to.offset, copy->data(),
                                                    copy->size());
                 });
}

iree_status_t queue_copy(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                         const iree_hal_semaphore_list_t waits,
                         const iree_hal_semaphore_list_t signals, iree_hal_buffer_t* source,
                         iree_device_size_t source_offset, iree_hal_buffer_t* target,
                         iree_device_size_t target_offset, iree_device_size_t length,
                         iree_hal_copy_flags_t) {
  auto kept_source = keep(source);
  auto kept_target = keep(target);
  return enqueue(base, waits, signals,
                 transfer(IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_COPY, length),
                 [kept_source, source_offset, kept_target, target_offset, length] {
                   MemoryRange from, to;
                   IREE_RETURN_IF_ERROR(
                       memory_range(kept_source.get(), source_offset, length, &from));
                   IREE_RETURN_IF_ERROR(
                       memory_range(kept_target.get(), target_offset, length, &to));
                   return iree_hal_buffer_map_copy(from.buffer, from.offset, to.buffer, to.offset,
                                                   to.length);
                 });
}

iree_status_t check_file_range(iree_hal_file_t* file, uint64_t offset, uint64_t length,
                               iree_hal_memory_access_t access) {
  IREE_RETURN_IF_ERROR(iree_hal_file_validate_access(file, access));
  const uint64_t size = iree_hal_file_length(file);
  if (size > 0 && (offset > size || length > size - offset))
    return iree_make_status(IREE_STATUS_OUT_OF_RANGE,
                            "takt: range [%" PRIu64 ", +%" PRIu64
                            ") exceeds the file's length %" PRIu64,
                            offset, length, size);
  if (!iree_hal_file_storage_buffer(file) && !iree_hal_file_supports_synchronous_io(file))
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "takt: the file does not support synchronous I/O");
  return iree_ok_status();
}

iree_status_t queue_read(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                         const iree_hal_semaphore_list_t waits,
                         const iree_hal_semaphore_list_t signals, iree_hal_file_t* source,
                         uint64_t source_offset, iree_hal_buffer_t* target,
                         iree_device_size_t target_offset, iree_device_size_t length,
                         iree_hal_read_flags_t) {
  IREE_RETURN_IF_ERROR(
      iree_hal_file_validate_access(source, IREE_HAL_MEMORY_ACCESS_READ));
  if (length > 0) {
    IREE_RETURN_IF_ERROR(
        check_file_range(source, source_offset, length, IREE_HAL_MEMORY_ACCESS_READ));
  }
  if (iree_hal_buffer_t* storage = iree_hal_file_storage_buffer(source); storage && length > 0)
    return queue_copy(base, affinity, waits, signals, storage, source_offset, target,
                      target_offset, length, IREE_HAL_COPY_FLAG_NONE);
  auto file = keep(source);
  auto kept = keep(target);
  return enqueue(base, waits, signals,
                 transfer(IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_READ, length),
                 [file, source_offset, kept, target_offset, length] {
                   if (length == 0) return iree_ok_status();
                   MemoryRange to;
                   IREE_RETURN_IF_ERROR(memory_range(kept.get(), target_offset, length, &to));
                   return iree_hal_file_read(file.get(), source_offset, to.buffer, to.offset,
                                             to.length);
                 });
}

iree_status_t queue_write(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                          const iree_hal_semaphore_list_t waits,
                          const iree_hal_semaphore_list_t signals, iree_hal_buffer_t* source,
                          iree_device_size_t source_offset, iree_hal_file_t* target,
                          uint64_t target_offset, iree_device_size_t length,
                          iree_hal_write_flags_t) {
  IREE_RETURN_IF_ERROR(
      iree_hal_file_validate_access(target, IREE_HAL_MEMORY_ACCESS_WRITE));
  if (length > 0) {
    IREE_RETURN_IF_ERROR(
        check_file_range(target, target_offset, length, IREE_HAL_MEMORY_ACCESS_WRITE));
  }
  if (iree_hal_buffer_t* storage = iree_hal_file_storage_buffer(target); storage && length > 0)
    return queue_copy(base, affinity, waits, signals, source, source_offset, storage,
                      target_offset, length, IREE_HAL_COPY_FLAG_NONE);
  auto file = keep(target);
  auto kept = keep(source);
  return enqueue(base, waits, signals,
                 transfer(IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_WRITE, length),
                 [file, target_offset, kept, source_offset, length] {
                   if (length == 0) return iree_ok_status();
                   MemoryRange from;
                   IREE_RETURN_IF_ERROR(memory_range(kept.get(), source_offset, length, &from));
                   return iree_hal_file_write(file.get(), target_offset, from.buffer, from.offset,
                                              from.length);
                 });
}

// Calls the host function; it may signal `signals` itself, now or later.
void call_host(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
               const iree_hal_semaphore_list_t& signals, iree_hal_host_call_t call,
               const uint64_t args[4], bool non_blocking, ProfiledOperation operation) {
  HalDevice& device = as_device(base);
  record_started(&operation);
  if (non_blocking) end_operation(device, signals, iree_ok_status());
  iree_hal_host_call_context_t context = {};
  context.device = base;
  context.queue_affinity = affinity;
  context.signal_semaphore_list = non_blocking ? iree_hal_semaphore_list_empty() : signals;
  iree_status_t status = call.fn(call.user_data, args, &context);
  record_ended(device, operation, status);
  if (non_blocking || iree_status_code(status) == IREE_STATUS_DEFERRED) {
    iree_status_free(status);   // nobody left to hear of it
  } else {
    end_operation(device, signals, status);
  }
}

iree_status_t queue_host_call(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                              const iree_hal_semaphore_list_t waits,
                              const iree_hal_semaphore_list_t signals,
                              iree_hal_host_call_t call, const uint64_t args[4],
                              iree_hal_host_call_flags_t flags) {
  const bool non_blocking = flags & IREE_HAL_HOST_CALL_FLAG_NON_BLOCKING;
  ProfiledOperation operation{.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_HOST_CALL};
  record_queued(as_device(base), waits, signals, &operation);
  if (all_reached(waits)) {
    call_host(base, affinity, signals, call, args, non_blocking, operation);
    return iree_ok_status();
  }
  auto kept = std::make_shared<SemaphoreList>(signals);
  std::array<uint64_t, 4> values = {args[0], args[1], args[2], args[3]};
  return run_when_reached(waits, [=](iree_status_t status) {
    if (!iree_status_is_ok(status)) {
      end_operation(as_device(base), kept->view(), status);
    } else {
      call_host(base, affinity, kept->view(), call, values.data(), non_blocking, operation);
    }
  });
}

iree_status_t execute(HalDevice& device, const iree_hal_semaphore_list_t& waits,
                      const iree_hal_semaphore_list_t& signals, CommandBuffer* command_buffer,
                      iree_hal_buffer_binding_table_t table, ProfiledOperation operation) {
  record_queued(device, waits, signals, &operation);
  if (all_reached(waits)) {
    start_execution(&device, command_buffer, table, signals, operation);
    return iree_ok_status();
  }
  std::vector<iree_hal_buffer_binding_t> bindings(table.bindings, table.bindings + table.count);
  std::vector<std::shared_ptr<iree_hal_buffer_t>> buffers;
  for (const iree_hal_buffer_binding_t& binding : bindings) buffers.push_back(keep(binding.buffer));
  auto kept = std::make_shared<SemaphoreList>(signals);
  return run_when_reached(
      waits, [&device, operation, kept, kept_command_buffer = keep(&command_buffer->base),
              bindings = std::move(bindings), buffers = std::move(buffers)](iree_status_t status) {
        if (!iree_status_is_ok(status)) return end_operation(device, kept->view(), status);
        start_execution(&device, as_takt(kept_command_buffer.get()),
                        {bindings.size(), bindings.data()}, kept->view(), operation);
      });
}

iree_status_t queue_execute(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                            const iree_hal_semaphore_list_t waits,
                            const iree_hal_semaphore_list_t signals,
                            iree_hal_command_buffer_t* command_buffer,
                            iree_hal_buffer_binding_table_t table, iree_hal_execute_flags_t) {
  if (!command_buffer)
    return enqueue(base, waits, signals, {.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_BARRIER},
                   [] { return iree_ok_status(); });
  CommandBuffer* ours = as_takt(command_buffer);
  if (!ours)
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "takt: the command buffer belongs to another device");
  ProfiledOperation operation{.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_EXECUTE};
  operation.operation_count = uint32_t(ours->items.size());
  operation.command_buffer = iree_hal_command_buffer_profile_id(command_buffer);
  return execute(as_device(base), waits, signals, ours, table, operation);
}

// A single dispatch is a command buffer of one command.
iree_status_t queue_dispatch(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                             const iree_hal_semaphore_list_t waits,
                             const iree_hal_semaphore_list_t signals,
                             iree_hal_executable_t* executable,
                             iree_hal_executable_function_t function,
                             const iree_hal_dispatch_config_t config,
                             iree_const_byte_span_t constants,
                             const iree_hal_buffer_ref_list_t bindings,
                             iree_hal_dispatch_flags_t flags) {
  iree_hal_command_buffer_t* command_buffer = nullptr;
  IREE_RETURN_IF_ERROR(create_command_buffer(
      &as_device(base),
      IREE_HAL_COMMAND_BUFFER_MODE_ONE_SHOT | IREE_HAL_COMMAND_BUFFER_MODE_UNVALIDATED,
      IREE_HAL_COMMAND_CATEGORY_DISPATCH, affinity, 0, &command_buffer));
  iree_status_t status = iree_hal_command_buffer_begin(command_buffer);
  if (iree_status_is_ok(status))
    status = iree_hal_command_buffer_dispatch(command_buffer, executable, function, config,
                                              constants, bindings, flags);
  if (iree_status_is_ok(status)) status = iree_hal_command_buffer_end(command_buffer);
  if (iree_status_is_ok(status)) {
    ProfiledOperation operation{.type = IREE_HAL_PROFILE_QUEUE_EVENT_TYPE_DISPATCH};
    operation.function = uint32_t(iree_hal_executable_function_index(function));
    operation.executable =
        iree_hal_local_executable_profile_id(iree_hal_local_executable_cast(executable));
    if (!iree_hal_dispatch_uses_indirect_parameters(flags))
      std::memcpy(operation.workgroup_count, config.workgroup_count,
                  sizeof(operation.workgroup_count));
    status = execute(as_device(base), waits, signals, as_takt(command_buffer),
                     iree_hal_buffer_binding_table_empty(), operation);
  }
  iree_hal_command_buffer_release(command_buffer);
  return status;
}

iree_status_t queue_flush(iree_hal_device_t*, iree_hal_queue_affinity_t) {
  return iree_ok_status();   // nothing is held back
}

}  // namespace

void set_queue_operations(iree_hal_device_vtable_t* vtable) {
  set_memory_operations(vtable);
  vtable->queue_fill = queue_fill;
  vtable->queue_update = queue_update;
  vtable->queue_copy = queue_copy;
  vtable->queue_read = queue_read;
  vtable->queue_write = queue_write;
  vtable->queue_host_call = queue_host_call;
  vtable->queue_dispatch = queue_dispatch;
  vtable->queue_execute = queue_execute;
  vtable->queue_flush = queue_flush;
}

void end_operation(HalDevice& device, const iree_hal_semaphore_list_t& signals,
                   iree_status_t status) {
  // Failed or not, the operation is over: memory that waits for it may be used again. Failing
  // the axis would poison the queue for everything that comes later. Signals come last: who
  // waits for them may release the device.
  if (device.frontier_tracker)
    iree_async_frontier_tracker_advance(device.frontier_tracker, device.axis,
                                        device.epoch.fetch_add(1, std::memory_order_acq_rel) + 1);
  if (iree_status_is_ok(status)) status = iree_hal_semaphore_list_signal(signals, nullptr);
  if (!iree_status_is_ok(status)) iree_hal_semaphore_list_fail(signals, status);
}

}  // namespace takt
