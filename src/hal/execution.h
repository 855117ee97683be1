// Execution: one run of a command buffer: its buffers mapped and kept alive, the kernels'
// arguments, and the semaphores it signals. Pooled per command buffer, so that the
// arguments of the last run serve again while the addresses stay the same. Given back by
// the lane that finishes it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "hal/commands.h"
#include "hal/profiling.h"
#include "hal/takt_driver.h"
#include "iree/hal/api.h"
#include "run/program.h"

namespace takt {

struct HalDevice;

// Semaphores with the values to reach, retained.
class SemaphoreList {
 public:
  SemaphoreList() = default;
  explicit SemaphoreList(const iree_hal_semaphore_list_t& list) { assign(list); }
  SemaphoreList(SemaphoreList&& other) noexcept = default;
  SemaphoreList& operator=(SemaphoreList&& other) = delete;
  ~SemaphoreList() { clear(); }

  void assign(const iree_hal_semaphore_list_t& list);
  void clear();
  iree_hal_semaphore_list_t view() {
    return {semaphores_.size(), semaphores_.data(), values_.data()};
  }

 private:
  std::vector<iree_hal_semaphore_t*> semaphores_;
  std::vector<uint64_t> values_;
};

struct Execution {
  std::vector<MappedResource> resources;
  HalDevice* device = nullptr;
  CommandBuffer* command_buffer = nullptr;       // retained while it runs
  std::vector<iree_hal_buffer_t*> buffers;       // of the binding table, retained
  SemaphoreList signals;
  std::atomic<bool>* given_up = nullptr;         // ActiveJob::given_up
  ProfiledOperation profile;
  std::unique_ptr<Program> own_program;          // random order mode

  // What the kernels get, per dispatch, made for `resolved`.
  std::vector<iree_hal_executable_dispatch_state_v0_t> states;
  std::vector<void*> binding_pointers;
  std::vector<size_t> binding_lengths;
  std::vector<MappedResource> resolved;
};

class ExecutionPool {
 public:
  // One whose kernel arguments are already those of `resources`, if there is one.
  Execution* acquire(const std::vector<MappedResource>& resources);
  void release(Execution* execution);

 private:
  // Outputs and transient memory of successive calls alternate between a few addresses.
  static constexpr size_t kVariants = 4;
  std::mutex mutex_;
  std::vector<Execution*> free_;   // longest unused first
  std::vector<std::unique_ptr<Execution>> all_;
};

// Starts `command_buffer` now; its end signals (or fails) `signals`.
void start_execution(HalDevice* device, CommandBuffer* command_buffer,
                     const iree_hal_buffer_binding_table_t& table,
                     const iree_hal_semaphore_list_t& signals, const ProfiledOperation& profile);

void start_host_work(HalDevice& device, HostWork work);

}  // namespace takt
