// CommandBuffer: records dispatches, fills, updates and copies and turns them into a
// run/ Program at end(). Serves one-shot, reusable and indirect (binding table) modes:
// nothing is resolved to addresses before an Execution starts.
//
// A buffer used by a command is a resource: the slots of the binding table come first,
// then the buffers named directly, each once. Recording is single-threaded; after end()
// everything is immutable and shared by any number of executions.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "iree/hal/api.h"
#include "hal/tape_cache.h"
#include "iree/hal/local/local_executable.h"
#include "run/program.h"

namespace takt {

struct HalDevice;
struct PlannedRegion;
class ExecutionPool;

// A range of a resource, as a command uses it.
struct BindingRef {
  uint32_t resource = 0;
  iree_device_size_t offset = 0;
  iree_device_size_t length = 0;       // IREE_HAL_WHOLE_BUFFER: to its end
};

struct DispatchCommand {
  uint32_t index = 0;                  // among the dispatches of its command buffer
  uint32_t first_binding = 0;          // among all bindings of its command buffer
  bool single = false;                 // exactly one workgroup, no local memory
  iree_hal_local_executable_t* executable = nullptr;
  iree_hal_executable_dispatch_v0_t function = nullptr;   // null: only issue_call works
  uint32_t ordinal = 0;
  uint32_t workgroup_size[3] = {1, 1, 1};
  uint32_t workgroup_count[3] = {1, 1, 1};
  bool indirect_count = false;         // workgroup count read from count_ref when it runs
  BindingRef count_ref;
  size_t local_memory_bytes = 0;
  uint16_t constant_count = 0;
  uint16_t binding_count = 0;
  const uint32_t* constants = nullptr;
  const BindingRef* bindings = nullptr;
};

struct FillCommand {
  BindingRef target;
  uint8_t pattern[8] = {};
  uint32_t pattern_length = 0;
};

struct CopyCommand {
  BindingRef source;                   // resource kInlineData: the bytes recorded
  BindingRef target;
  const uint8_t* inline_data = nullptr;
};

// Memory that lives as long as the command buffer.
class RecordArena {
 public:
  void* allocate(size_t bytes, size_t alignment);
  template <class T>
  T* make(size_t count = 1) {
    T* array = static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
    for (size_t i = 0; i < count; ++i) new (array + i) T();
    return array;
  }

 private:
  static constexpr size_t kBlockBytes = 16 * 1024;
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
  size_t used_ = kBlockBytes;
  size_t capacity_ = 0;
};

// What plan matching compares: one entry per recorded command, barriers not counted.
struct RecordedCommand {
  enum class Kind { kDispatch, kFill, kCopy };
  Kind kind = Kind::kDispatch;
  const DispatchCommand* dispatch = nullptr;
  iree_device_size_t bytes = 0;        // fills and copies; 0 when not known yet
};

struct CommandBuffer {
  iree_hal_command_buffer_t base;      // first: this is an iree_hal_command_buffer_t
  HalDevice* device = nullptr;            // borrowed
  std::unique_ptr<uint8_t[]> validation_state;
  RecordArena arena;
  std::vector<iree_hal_resource_t*> retained;
  std::vector<iree_hal_buffer_t*> direct_buffers;   // resource binding_capacity + i
  std::vector<WorkItem> items;
  std::vector<uint32_t> waves;
  std::vector<const DispatchCommand*> dispatches;
  uint32_t binding_total = 0;          // of all dispatches
  std::vector<RecordedCommand> commands;
  bool barrier_pending = true;
  std::unique_ptr<Program> program;    // set by end()
  const PlannedRegion* planned = nullptr;   // what the graphs know of it; null: nothing
  mutable TapeCache tapes;                  // of `program`
  std::unique_ptr<ExecutionPool> executions;

  CommandBuffer();
  ~CommandBuffer();

  uint32_t resource_count() const {
    return base.binding_capacity + uint32_t(direct_buffers.size());
  }
};

iree_status_t create_command_buffer(HalDevice* device, iree_hal_command_buffer_mode_t mode,
                                    iree_hal_command_category_t categories,
                                    iree_hal_queue_affinity_t affinity,
                                    iree_host_size_t binding_capacity,
                                    iree_hal_command_buffer_t** out_command_buffer);

// nullptr when it is another driver's.
CommandBuffer* as_takt(iree_hal_command_buffer_t* command_buffer);

}  // namespace takt
