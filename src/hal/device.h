// HalDevice: the state of one takt device. An iree_hal_device_t whose first member is the
// HAL's resource header; the vtable is in device.cpp, queue operations in queue.cpp.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "hal/execution.h"
#include "hal/takt_driver.h"
#include "iree/async/frontier_tracker.h"
#include "iree/async/notification.h"
#include "iree/async/util/proactor_pool.h"
#include "iree/hal/api.h"
#include "iree/hal/local/executable_loader.h"
#include "iree/hal/local/profile.h"
#include "run/executor.h"

namespace takt {

class Control;
class PlanBook;
class PlanIndex;

struct HalDevice {
  iree_hal_resource_t resource;      // first: this is an iree_hal_device_t
  iree_allocator_t host_allocator;
  std::string identifier;
  DeviceOptions options;

  iree_hal_allocator_t* device_allocator = nullptr;
  iree_hal_slab_provider_t* slab_provider = nullptr;
  iree_async_notification_t* pool_notification = nullptr;
  iree_hal_pool_t* pool = nullptr;
  iree_async_proactor_pool_t* proactor_pool = nullptr;
  iree_async_proactor_t* proactor = nullptr;              // borrowed from the pool
  iree_async_frontier_tracker_t* frontier_tracker = nullptr;
  iree_async_axis_t axis = 0;
  std::atomic<uint64_t> epoch{0};
  iree_hal_channel_provider_t* channel_provider = nullptr;
  iree_hal_device_topology_info_t topology_info = {};
  std::vector<iree_hal_executable_loader_t*> loaders;

  iree_hal_local_profile_recorder_t* profile_recorder = nullptr;
  uint64_t profile_sessions = 0;
  std::atomic<uint64_t> profile_submissions{0};

  std::vector<std::string> lane_names;
  std::unique_ptr<PlanIndex> graphs;
  std::unique_ptr<PlanBook> plans;
  std::unique_ptr<Control> control;
  std::atomic<uint64_t> planned_submissions{0};
  std::atomic<bool> random_order{false};
  std::atomic<uint64_t> random_order_seed{0};
  // Policy "serial": its first lane << 16 | the lane behind its last; else 0.
  std::atomic<uint32_t> serial_lanes{0};
  std::unique_ptr<Executor> executor;                     // last: stops first

  iree_hal_device_t* base() { return reinterpret_cast<iree_hal_device_t*>(this); }
};

inline HalDevice& as_device(iree_hal_device_t* base) { return *reinterpret_cast<HalDevice*>(base); }

// Signals `signals` (or fails them with `status`, which it owns).
void end_operation(HalDevice& device, const iree_hal_semaphore_list_t& signals,
                   iree_status_t status);

iree_status_t create_takt_device(iree_string_view_t identifier, const DeviceOptions& options,
                                 std::vector<iree_hal_executable_loader_t*> loaders,
                                 iree_hal_allocator_t* device_allocator,
                                 const iree_hal_device_create_params_t* params,
                                 iree_allocator_t host_allocator,
                                 iree_hal_device_t** out_device);

// Our Error as a status: kUsage is INVALID_ARGUMENT, kFailed INTERNAL.
iree_status_t to_status(const Error& error);

}  // namespace takt
