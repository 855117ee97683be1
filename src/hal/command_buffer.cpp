#include "hal/command_buffer.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "base/check.h"
#include "hal/commands.h"
#include "hal/device.h"
#include "hal/execution.h"
#include "hal/plan_index.h"

namespace takt {
namespace {

extern const iree_hal_command_buffer_vtable_t kVtable;


CommandBuffer& cast(iree_hal_command_buffer_t* base) {
  return *reinterpret_cast<CommandBuffer*>(base);
}

template <class T>
void retain(CommandBuffer& cb, T* object) {
  auto* resource = reinterpret_cast<iree_hal_resource_t*>(object);
  if (std::find(cb.retained.begin(), cb.retained.end(), resource) != cb.retained.end()) return;
  iree_hal_resource_retain(resource);
  cb.retained.push_back(resource);
}

BindingRef reference(CommandBuffer& cb, const iree_hal_buffer_ref_t& ref) {
  BindingRef binding{.offset = ref.offset, .length = ref.length};
  if (!ref.buffer) {
    binding.resource = ref.buffer_slot;
    return binding;
  }
  auto found = std::find(cb.direct_buffers.begin(), cb.direct_buffers.end(), ref.buffer);
  binding.resource = cb.base.binding_capacity + uint32_t(found - cb.direct_buffers.begin());
  if (found == cb.direct_buffers.end()) {
    cb.direct_buffers.push_back(ref.buffer);
    // UNRETAINED: the caller keeps the buffers alive.
    if (!(cb.base.mode & IREE_HAL_COMMAND_BUFFER_MODE_UNRETAINED)) retain(cb, ref.buffer);
  }
  return binding;
}

void add_item(CommandBuffer& cb, WorkItem item, RecordedCommand command) {
  if (cb.barrier_pending) {
    cb.waves.push_back(uint32_t(cb.items.size()));
    cb.barrier_pending = false;
  }
  item.label = uint32_t(cb.items.size());
  cb.items.push_back(item);
  cb.commands.push_back(command);
}

std::vector<uint32_t> recorded_order(const CommandBuffer& cb) {
  std::vector<uint32_t> order(cb.items.size());
  std::iota(order.begin(), order.end(), 0);
  return order;
}

void destroy(iree_hal_command_buffer_t* base) {
  CommandBuffer* cb = &cast(base);
  for (iree_hal_resource_t* resource : cb->retained) iree_hal_resource_release(resource);
  delete cb;
}

iree_status_t begin(iree_hal_command_buffer_t*) { return iree_ok_status(); }

// Builds the program: the graph's dependencies when a graph knows these commands, else
// the recorded barriers.
iree_status_t end(iree_hal_command_buffer_t* base) {
  CommandBuffer& cb = cast(base);
  if (cb.program)
    return iree_make_status(IREE_STATUS_FAILED_PRECONDITION,
                            "takt: the command buffer was ended twice; record a new one");
  if (!cb.items.empty()) {
    Result<const PlannedRegion*> match = cb.device->graphs->match(cb.commands);
    if (!match.ok()) return to_status(match.error());
    cb.planned = *match;
  }
  if (cb.planned) {
    for (size_t i = 0; i < cb.items.size(); ++i) cb.items[i].label = cb.planned->ops[i];
    cb.program = std::make_unique<Program>(Program::from_deps(cb.items, cb.planned->deps));
    cb.program->region = cb.planned->region;
  } else {
    cb.program = std::make_unique<Program>(Program::from_waves(cb.items, cb.waves));
  }
  if (cb.device->executor->policy().name() == "serial")
    *cb.program = cb.program->in_order(recorded_order(cb));
  return iree_ok_status();
}

iree_status_t begin_debug_group(iree_hal_command_buffer_t*, iree_string_view_t,
                                iree_hal_label_color_t, const iree_hal_label_location_t*) {
  return iree_ok_status();
}

iree_status_t end_debug_group(iree_hal_command_buffer_t*) { return iree_ok_status(); }

iree_status_t execution_barrier(iree_hal_command_buffer_t* base, iree_hal_execution_stage_t,
                                iree_hal_execution_stage_t, iree_hal_execution_barrier_flags_t,
                                iree_host_size_t, const iree_hal_memory_barrier_t*,
                                iree_host_size_t, const iree_hal_buffer_barrier_t*) {
  cast(base).barrier_pending = true;
  return iree_ok_status();
}

iree_status_t signal_event(iree_hal_command_buffer_t*, iree_hal_event_t*,
                           iree_hal_execution_stage_t) {
  return iree_ok_status();
}

// Events order commands of one command buffer; a full barrier at the wait is enough.
iree_status_t wait_events(iree_hal_command_buffer_t* base, iree_host_size_t,
                          const iree_hal_event_t**, iree_hal_execution_stage_t,
                          iree_hal_execution_stage_t, iree_host_size_t,
                          const iree_hal_memory_barrier_t*, iree_host_size_t,
                          const iree_hal_buffer_barrier_t*) {
  cast(base).barrier_pending = true;
  return iree_ok_status();
}

iree_status_t advise_buffer(iree_hal_command_buffer_t*, iree_hal_buffer_ref_t,
                            iree_hal_memory_advise_flags_t, uint64_t, uint64_t) {
  return iree_ok_status();
}

// Host memory is coherent for every lane.
iree_status_t sync_buffer(iree_hal_command_buffer_t*, iree_hal_buffer_ref_t) {
  return iree_ok_status();
}

iree_status_t fill_buffer(iree_hal_command_buffer_t* base, iree_hal_buffer_ref_t target,
                          const void* pattern, iree_host_size_t pattern_length,
                          iree_hal_fill_flags_t) {
  CommandBuffer& cb = cast(base);
  if (pattern_length != 1 && pattern_length != 2 && pattern_length != 4)
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "takt: fill patterns have 1, 2 or 4 bytes, not %zu", pattern_length);
  FillCommand* command = cb.arena.make<FillCommand>();
  command->target = reference(cb, target);
  command->pattern_length = uint32_t(pattern_length);
  std::memcpy(command->pattern, pattern, pattern_length);
  add_item(cb, fill_item(command), {RecordedCommand::Kind::kFill, nullptr, target.length});
  return iree_ok_status();
}

iree_status_t update_buffer(iree_hal_command_buffer_t* base, const void* source,
                            iree_host_size_t source_offset, iree_hal_buffer_ref_t target,
                            iree_hal_update_flags_t) {
  CommandBuffer& cb = cast(base);
  CopyCommand* command = cb.arena.make<CopyCommand>();
  auto* bytes = static_cast<uint8_t*>(cb.arena.allocate(target.length, 16));
  std::memcpy(bytes, static_cast<const uint8_t*>(source) + source_offset, target.length);
  command->inline_data = bytes;
  command->target = reference(cb, target);
  add_item(cb, copy_item(command), {RecordedCommand::Kind::kCopy, nullptr, target.length});
  return iree_ok_status();
}

iree_status_t copy_buffer(iree_hal_command_buffer_t* base, iree_hal_buffer_ref_t source,
                          iree_hal_buffer_ref_t target, iree_hal_copy_flags_t) {
  CommandBuffer& cb = cast(base);
  CopyCommand* command = cb.arena.make<CopyCommand>();
  command->source = reference(cb, source);
  command->target = reference(cb, target);
  add_item(cb, copy_item(command), {RecordedCommand::Kind::kCopy, nullptr, target.length});
  return iree_ok_status();
}

iree_status_t collective(iree_hal_command_buffer_t*, iree_hal_channel_t*,
                         iree_hal_collective_op_t, uint32_t, iree_hal_buffer_ref_t,
                         iree_hal_buffer_ref_t, iree_device_size_t) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: collectives are not implemented");
}

iree_status_t check_dispatch(const iree_hal_local_executable_t& executable,
                             iree_hal_executable_function_t function,
                             iree_const_byte_span_t constants, iree_host_size_t bindings,
                             iree_hal_dispatch_flags_t flags) {
  if (iree_hal_dispatch_uses_custom_arguments(flags))
    return iree_make_status(IREE_STATUS_UNIMPLEMENTED,
                            "takt: custom dispatch arguments are not implemented");
  if (!iree_hal_executable_function_is_index_in_range(function, executable.export_count))
    return iree_make_status(IREE_STATUS_OUT_OF_RANGE,
                            "function id %" PRIu64 " out of range (count: %" PRIhsz ")",
                            function.value, executable.export_count);
  const auto& attributes =
      executable.dispatch_attrs[iree_hal_executable_function_index(function)];
  if (constants.data_length != attributes.constant_count * sizeof(uint32_t))
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "constant count mismatch, expected %u but was provided %" PRIhsz,
                            uint32_t(attributes.constant_count),
                            constants.data_length / sizeof(uint32_t));
  if (bindings != attributes.binding_count)
    return iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                            "binding count mismatch, expected %u but was provided %" PRIhsz,
                            uint32_t(attributes.binding_count), bindings);
  return iree_ok_status();
}

iree_status_t dispatch(iree_hal_command_buffer_t* base, iree_hal_executable_t* base_executable,
                       iree_hal_executable_function_t function,
                       const iree_hal_dispatch_config_t config,
                       iree_const_byte_span_t constants, iree_hal_buffer_ref_list_t bindings,
                       iree_hal_dispatch_flags_t flags) {
  CommandBuffer& cb = cast(base);
  iree_hal_local_executable_t* executable = iree_hal_local_executable_cast(base_executable);
  IREE_RETURN_IF_ERROR(check_dispatch(*executable, function, constants, bindings.count, flags));
  retain(cb, base_executable);

  DispatchCommand* command = cb.arena.make<DispatchCommand>();
  command->executable = executable;
  command->ordinal = uint32_t(iree_hal_executable_function_index(function));
  command->function = executable->dispatch_ptrs ? executable->dispatch_ptrs[command->ordinal]
                                                : nullptr;
  for (int i = 0; i < 3; ++i) {
    command->workgroup_size[i] = std::max(1u, config.workgroup_size[i]);
    command->workgroup_count[i] = config.workgroup_count[i];
  }
  if (iree_hal_dispatch_uses_indirect_parameters(flags)) {
    command->indirect_count = true;
    command->count_ref = reference(cb, config.workgroup_count_ref);
  }
  command->local_memory_bytes =
      executable->dispatch_attrs[command->ordinal].local_memory_pages *
          IREE_HAL_EXECUTABLE_WORKGROUP_LOCAL_MEMORY_PAGE_SIZE +
      config.dynamic_workgroup_local_memory;
  command->constant_count = uint16_t(constants.data_length / sizeof(uint32_t));
  uint32_t* words = cb.arena.make<uint32_t>(command->constant_count);
  if (constants.data_length) std::memcpy(words, constants.data, constants.data_length);
  command->constants = words;
  command->binding_count = uint16_t(bindings.count);
  BindingRef* refs = cb.arena.make<BindingRef>(bindings.count);
  for (iree_host_size_t i = 0; i < bindings.count; ++i) refs[i] = reference(cb, bindings.values[i]);
  command->bindings = refs;
  command->index = uint32_t(cb.dispatches.size());
  command->first_binding = cb.binding_total;
  command->single = command->function && !command->indirect_count &&
                    command->local_memory_bytes == 0 && command->workgroup_count[0] == 1 &&
                    command->workgroup_count[1] == 1 && command->workgroup_count[2] == 1;
  cb.dispatches.push_back(command);
  cb.binding_total += command->binding_count;
  add_item(cb, dispatch_item(command), {RecordedCommand::Kind::kDispatch, command, 0});
  return iree_ok_status();
}

const iree_hal_command_buffer_vtable_t kVtable = {
    .destroy = destroy,
    .begin = begin,
    .end = end,
    .begin_debug_group = begin_debug_group,
    .end_debug_group = end_debug_group,
    .execution_barrier = execution_barrier,
    .signal_event = signal_event,
    .reset_event = signal_event,
    .wait_events = wait_events,
    .advise_buffer = advise_buffer,
    .flush_buffer = sync_buffer,
    .invalidate_buffer = sync_buffer,
    .fill_buffer = fill_buffer,
    .update_buffer = update_buffer,
    .copy_buffer = copy_buffer,
    .collective = collective,
    .dispatch = dispatch,
};

}  // namespace

CommandBuffer::CommandBuffer() : executions(std::make_unique<ExecutionPool>()) {}
CommandBuffer::~CommandBuffer() = default;

void* RecordArena::allocate(size_t bytes, size_t alignment) {
  used_ = (used_ + alignment - 1) & ~(alignment - 1);
  if (used_ + bytes > capacity_) {
    capacity_ = std::max(kBlockBytes, bytes);
    blocks_.push_back(std::make_unique<std::byte[]>(capacity_));
    used_ = 0;
  }
  void* memory = blocks_.back().get() + used_;
  used_ += bytes;
  return memory;
}

iree_status_t create_command_buffer(HalDevice* device, iree_hal_command_buffer_mode_t mode,
                                    iree_hal_command_category_t categories,
                                    iree_hal_queue_affinity_t affinity,
                                    iree_host_size_t binding_capacity,
                                    iree_hal_command_buffer_t** out_command_buffer) {
  auto cb = std::make_unique<CommandBuffer>();
  cb->device = device;
  cb->validation_state = std::make_unique<uint8_t[]>(
      iree_hal_command_buffer_validation_state_size(mode, binding_capacity) + 1);
  iree_hal_command_buffer_initialize(device->device_allocator, mode, categories, affinity,
                                     binding_capacity, cb->validation_state.get(), &kVtable,
                                     &cb->base);
  *out_command_buffer = &cb.release()->base;
  return iree_ok_status();
}

CommandBuffer* as_takt(iree_hal_command_buffer_t* command_buffer) {
  return iree_hal_resource_is(command_buffer, &kVtable) ? &cast(command_buffer) : nullptr;
}

}  // namespace takt
