#include "hal/commands.h"

#include <algorithm>
#include <cstring>

#include "hal/device.h"
#include "hal/execution.h"

namespace takt {
namespace {

// Fills and copies above this many bytes are shared by several lanes.
constexpr iree_device_size_t kTransferTileBytes = 256 * 1024;

Fault as_fault(iree_status_t status) { return reinterpret_cast<Fault>(status); }

// The range of `ref` in this execution; false when it does not fit in its buffer.
bool resolve(const Execution& execution, const BindingRef& ref, MappedResource* out) {
  const MappedResource& whole = execution.resources[ref.resource];
  if (ref.offset > whole.length) return false;
  const iree_device_size_t rest = whole.length - ref.offset;
  out->data = whole.data + ref.offset;
  out->length = ref.length == IREE_HAL_WHOLE_BUFFER ? rest : ref.length;
  return out->length <= rest;
}

Fault range_fault(const char* what) {
  return as_fault(iree_make_status(IREE_STATUS_OUT_OF_RANGE,
                                   "takt: %s reaches beyond the end of its buffer", what));
}

Fault kernel_fault(const DispatchCommand& command, int code) {
  const char* name = command.executable->export_names
                         ? command.executable->export_names[command.ordinal] : nullptr;
  return as_fault(iree_make_status(IREE_STATUS_INTERNAL,
                                   "takt: kernel %s returned error code %d",
                                   name ? name : "(unnamed)", code));
}

struct Grid {
  uint32_t x, y, z;
};

Fault run_tiles(const DispatchCommand& command, LaneContext& lane, const Grid& grid,
                const iree_hal_executable_dispatch_state_v0_t& state, uint32_t first,
                uint32_t count) {
  iree_alignas(64) iree_hal_executable_workgroup_state_v0_t group = {};
  group.processor_id = lane.processor;
  if (command.local_memory_bytes) {
    group.local_memory = lane.scratch(command.local_memory_bytes);
    group.local_memory_size = uint32_t(command.local_memory_bytes);
  }
  uint32_t x = 0, y = 0, z = 0;
  if (first != 0) {
    x = first % grid.x;
    y = first / grid.x % grid.y;
    z = first / grid.x / grid.y;
  }
  for (uint32_t i = 0; i < count; ++i) {
    group.workgroup_id_x = x;
    group.workgroup_id_y = y;
    group.workgroup_id_z = uint16_t(z);
    if (command.function) [[likely]] {
      const int code = command.function(&command.executable->environment, &state, &group);
      if (code != 0) [[unlikely]] return kernel_fault(command, code);
    } else {
      iree_status_t status = iree_hal_local_executable_issue_call(
          command.executable, command.ordinal, &state, &group, lane.lane);
      if (!iree_status_is_ok(status)) return as_fault(status);
    }
    if (++x == grid.x) {
      x = 0;
      if (++y == grid.y) {
        y = 0;
        ++z;
      }
    }
  }
  return nullptr;
}

Fault run_indirect(const DispatchCommand& command, const Execution& execution,
                   LaneContext& lane) {
  MappedResource counts;
  if (!resolve(execution, command.count_ref, &counts) || counts.length < 3 * sizeof(uint32_t))
    return range_fault("a workgroup count");
  Grid grid;
  std::memcpy(&grid, counts.data, sizeof(grid));
  iree_hal_executable_dispatch_state_v0_t state = execution.states[command.index];
  state.workgroup_count_x = grid.x;
  state.workgroup_count_y = grid.y;
  state.workgroup_count_z = uint16_t(grid.z);
  return run_tiles(command, lane, grid, state, 0, grid.x * grid.y * grid.z);
}

Fault run_dispatch(const void* context, const void* data, LaneContext& lane, uint32_t first,
                   uint32_t count) {
  const DispatchCommand& command = *static_cast<const DispatchCommand*>(context);
  const Execution& execution = *static_cast<const Execution*>(data);
  if (command.indirect_count) [[unlikely]] return run_indirect(command, execution, lane);
  const Grid grid = {command.workgroup_count[0], command.workgroup_count[1],
                     command.workgroup_count[2]};
  if (grid.x == 0 || grid.y == 0 || grid.z == 0) return nullptr;
  return run_tiles(command, lane, grid, execution.states[command.index], first, count);
}

// One workgroup: the lane's own workgroup state is the right one.
Fault run_single(const void* context, const void* data, LaneContext& lane, uint32_t, uint32_t) {
  const DispatchCommand& command = *static_cast<const DispatchCommand*>(context);
  const Execution& execution = *static_cast<const Execution*>(data);
  const auto* group =
      reinterpret_cast<const iree_hal_executable_workgroup_state_v0_t*>(lane.user);
  const int code = command.function(&command.executable->environment,
                                    &execution.states[command.index], group);
  return code == 0 ? nullptr : kernel_fault(command, code);
}

// Bytes [begin, end) of a transfer that `count` tiles from `first` cover. The last tile
// takes the rest: a length of "whole buffer" is only known now.
void tile_range(iree_device_size_t length, uint32_t tiles, uint32_t first, uint32_t count,
                iree_device_size_t* begin, iree_device_size_t* end) {
  *begin = std::min(length, first * kTransferTileBytes);
  *end = first + count == tiles ? length : std::min(length, (first + count) * kTransferTileBytes);
}

uint32_t transfer_tiles(iree_device_size_t length) {
  if (length == IREE_HAL_WHOLE_BUFFER || length == 0) return 1;
  return uint32_t(std::min<iree_device_size_t>(
      (length + kTransferTileBytes - 1) / kTransferTileBytes, 1u << 20));
}

void fill_bytes(uint8_t* data, iree_device_size_t begin, iree_device_size_t end,
                const uint8_t* pattern, uint32_t pattern_length) {
  if (pattern_length == 1) {
    std::memset(data + begin, pattern[0], end - begin);
    return;
  }
  for (iree_device_size_t i = begin; i < end; i += pattern_length)
    std::memcpy(data + i, pattern, pattern_length);
}

Fault run_fill(const void* context, const void* data, LaneContext&, uint32_t first,
               uint32_t count) {
  const FillCommand& command = *static_cast<const FillCommand*>(context);
  MappedResource target;
  if (!resolve(*static_cast<const Execution*>(data), command.target, &target))
    return range_fault("a fill");
  if (target.length % command.pattern_length != 0)
    return as_fault(iree_make_status(IREE_STATUS_INVALID_ARGUMENT,
                                     "takt: a fill of %" PRIu64 " bytes with a pattern of %u",
                                     uint64_t(target.length), command.pattern_length));
  iree_device_size_t begin, end;
  tile_range(target.length, transfer_tiles(command.target.length), first, count, &begin, &end);
  fill_bytes(target.data, begin, end, command.pattern, command.pattern_length);
  return nullptr;
}

Fault run_copy(const void* context, const void* data, LaneContext&, uint32_t first,
               uint32_t count) {
  const CopyCommand& command = *static_cast<const CopyCommand*>(context);
  const Execution& execution = *static_cast<const Execution*>(data);
  MappedResource source, target;
  if (!resolve(execution, command.target, &target)) return range_fault("the target of a copy");
  if (command.inline_data) {
    source = {const_cast<uint8_t*>(command.inline_data), target.length};
  } else if (!resolve(execution, command.source, &source)) {
    return range_fault("the source of a copy");
  }
  const iree_device_size_t length = std::min(source.length, target.length);
  iree_device_size_t begin, end;
  tile_range(length, transfer_tiles(command.target.length), first, count, &begin, &end);
  if (end > begin) std::memcpy(target.data + begin, source.data + begin, end - begin);
  return nullptr;
}

}  // namespace

iree_status_t resolve_dispatches(Execution& execution, const CommandBuffer& command_buffer) {
  if (execution.resolved == execution.resources &&
      execution.states.size() == command_buffer.dispatches.size())
    return iree_ok_status();
  execution.resolved.clear();   // not valid should this fail half way
  execution.states.resize(command_buffer.dispatches.size());
  execution.binding_pointers.resize(command_buffer.binding_total);
  execution.binding_lengths.resize(command_buffer.binding_total);
  const uint32_t lanes = execution.device->executor->lanes();
  for (const DispatchCommand* command : command_buffer.dispatches) {
    void** pointers = execution.binding_pointers.data() + command->first_binding;
    size_t* lengths = execution.binding_lengths.data() + command->first_binding;
    for (size_t i = 0; i < command->binding_count; ++i) {
      MappedResource mapped;
      if (!resolve(execution, command->bindings[i], &mapped))
        return reinterpret_cast<iree_status_t>(range_fault("a binding"));
      pointers[i] = mapped.data;
      lengths[i] = mapped.length;
    }
    execution.states[command->index] = {
        .workgroup_size_x = command->workgroup_size[0],
        .workgroup_size_y = command->workgroup_size[1],
        .workgroup_size_z = uint16_t(command->workgroup_size[2]),
        .constant_count = command->constant_count,
        .workgroup_count_x = command->workgroup_count[0],
        .workgroup_count_y = command->workgroup_count[1],
        .workgroup_count_z = uint16_t(command->workgroup_count[2]),
        .max_concurrency = uint8_t(std::min(255u, lanes)),
        .binding_count = uint8_t(command->binding_count),
        .constants = command->constants,
        .binding_ptrs = pointers,
        .binding_lengths = lengths,
    };
  }
  execution.resolved = execution.resources;
  return iree_ok_status();
}

void set_up_lane(LaneContext& lane) {
  using Group = iree_hal_executable_workgroup_state_v0_t;
  static_assert(sizeof(Group) <= sizeof(lane.user));
  Group group = {};
  group.processor_id = lane.processor;
  std::memcpy(lane.user, &group, sizeof(group));
}

WorkItem dispatch_item(const DispatchCommand* command) {
  const uint64_t tiles = uint64_t(command->workgroup_count[0]) * command->workgroup_count[1] *
                         command->workgroup_count[2];
  WorkItem item{.run = command->single ? run_single : run_dispatch, .context = command};
  item.tiles = command->indirect_count || tiles == 0 ? 1 : uint32_t(tiles);
  return item;
}

WorkItem fill_item(const FillCommand* command) {
  return {.run = run_fill, .context = command, .tiles = transfer_tiles(command->target.length)};
}

WorkItem copy_item(const CopyCommand* command) {
  return {.run = run_copy, .context = command, .tiles = transfer_tiles(command->target.length)};
}

}  // namespace takt
