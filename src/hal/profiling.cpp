#include "hal/profiling.h"

#include <algorithm>
#include <utility>

#include "hal/device.h"
#include "iree/hal/local/profile.h"

namespace takt {
namespace {

iree_hal_local_profile_queue_scope_t queue_scope(const HalDevice& device) {
  const uint32_t ordinal =
      device.topology_info.topology ? device.topology_info.topology_index : 0;
  iree_hal_local_profile_queue_scope_t scope = {};
  scope.physical_device_ordinal = ordinal;
  scope.stream_id = uint64_t(ordinal) << 32;
  return scope;
}

bool enabled(const HalDevice& device, iree_hal_device_profiling_data_families_t family) {
  return device.profile_recorder &&
         iree_hal_local_profile_recorder_is_enabled(device.profile_recorder, family);
}

iree_status_t profiling_begin(iree_hal_device_t* base,
                              const iree_hal_device_profiling_options_t* options) {
  HalDevice& device = as_device(base);
  if (device.profile_recorder)
    return iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                            "takt: profile captures do not nest");
  const auto scope = queue_scope(device);
  iree_hal_profile_device_record_t device_record = iree_hal_profile_device_record_default();
  device_record.physical_device_ordinal = scope.physical_device_ordinal;
  device_record.queue_count = 1;
  iree_hal_profile_queue_record_t queue_record = iree_hal_profile_queue_record_default();
  queue_record.physical_device_ordinal = scope.physical_device_ordinal;
  queue_record.queue_ordinal = scope.queue_ordinal;
  queue_record.stream_id = scope.stream_id;
  iree_hal_local_profile_recorder_options_t recorder_options = {};
  recorder_options.name = iree_hal_device_id(base);
  recorder_options.session_id = ++device.profile_sessions;
  recorder_options.device_record_count = 1;
  recorder_options.device_records = &device_record;
  recorder_options.queue_record_count = 1;
  recorder_options.queue_records = &queue_record;
  return iree_hal_local_profile_recorder_create(&recorder_options, options,
                                                device.host_allocator, &device.profile_recorder);
}

iree_status_t profiling_flush(iree_hal_device_t* base) {
  return iree_hal_local_profile_recorder_flush(as_device(base).profile_recorder);
}

iree_status_t profiling_end(iree_hal_device_t* base) {
  HalDevice& device = as_device(base);
  device.executor->wait_idle();
  iree_hal_local_profile_recorder_t* recorder = std::exchange(device.profile_recorder, nullptr);
  iree_status_t status = iree_hal_local_profile_recorder_end(recorder);
  iree_hal_local_profile_recorder_destroy(recorder);
  return status;
}

}  // namespace

void record_queued(HalDevice& device, const iree_hal_semaphore_list_t& waits,
                   const iree_hal_semaphore_list_t& signals, ProfiledOperation* operation) {
  if (!device.profile_recorder) [[likely]] return;
  operation->submission = device.profile_submissions.fetch_add(1, std::memory_order_relaxed) + 1;
  if (!enabled(device, IREE_HAL_DEVICE_PROFILING_DATA_QUEUE_EVENTS)) return;
  auto event = iree_hal_local_profile_queue_event_info_default();
  event.type = operation->type;
  event.dependency_strategy = waits.count == 0
                                  ? IREE_HAL_PROFILE_QUEUE_DEPENDENCY_STRATEGY_NONE
                                  : IREE_HAL_PROFILE_QUEUE_DEPENDENCY_STRATEGY_INLINE;
  event.scope = queue_scope(device);
  event.host_time_ns = iree_time_now();
  event.submission_id = operation->submission;
  event.command_buffer_id = operation->command_buffer;
  event.wait_count = uint32_t(waits.count);
  event.signal_count = uint32_t(signals.count);
  event.operation_count = operation->operation_count;
  event.payload_length = operation->payload_bytes;
  iree_hal_local_profile_recorder_append_queue_event(device.profile_recorder, &event,
                                                     /*out_event_id=*/nullptr);
}

void record_started(ProfiledOperation* operation) {
  if (operation->submission != 0) operation->start = iree_time_now();
}

void record_ended(HalDevice& device, const ProfiledOperation& operation, iree_status_t status) {
  if (operation.submission == 0) [[likely]] return;
  if (!enabled(device, IREE_HAL_DEVICE_PROFILING_DATA_HOST_EXECUTION_EVENTS)) return;
  auto event = iree_hal_local_profile_host_execution_event_info_default();
  event.type = operation.type;
  event.status_code = iree_status_code(status);
  event.scope = queue_scope(device);
  event.submission_id = operation.submission;
  event.command_buffer_id = operation.command_buffer;
  event.executable_id = operation.executable;
  event.function_ordinal = operation.function;
  std::copy_n(operation.workgroup_count, 3, event.workgroup_count);
  event.start_host_time_ns = operation.start;
  event.end_host_time_ns = iree_time_now();
  event.payload_length = operation.payload_bytes;
  event.operation_count = operation.operation_count;
  iree_hal_local_profile_recorder_append_host_execution_event(device.profile_recorder, &event,
                                                              /*out_event_id=*/nullptr);
}

void set_profiling_operations(iree_hal_device_vtable_t* vtable) {
  vtable->profiling_begin = profiling_begin;
  vtable->profiling_flush = profiling_flush;
  vtable->profiling_end = profiling_end;
}

}  // namespace takt
