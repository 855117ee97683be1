// IREE's own drivers, created through their C API so that the number of workers is a
// parameter of the device and not of the process.
#include <array>

#include "app/device.h"
#include "iree/hal/drivers/local_sync/sync_driver.h"
#include "iree/hal/drivers/local_task/task_driver.h"
#include "iree/hal/local/loaders/registration/init.h"
#include "iree/task/executor.h"
#include "iree/task/topology.h"

namespace takt {
namespace {

using AllocatorPtr = IreePtr<iree_hal_allocator_t, iree_hal_allocator_release>;
using DriverPtr = IreePtr<iree_hal_driver_t, iree_hal_driver_release>;
using ExecutorPtr = IreePtr<iree_task_executor_t, iree_task_executor_release>;

struct Loaders {
  std::array<iree_hal_executable_loader_t*, 8> items{};
  iree_host_size_t count = 0;
  ~Loaders() {
    for (iree_host_size_t i = 0; i < count; ++i) iree_hal_executable_loader_release(items[i]);
  }
};

Status create_loaders(Loaders& loaders) {
  return to_status(iree_hal_create_all_available_executable_loaders(
                       /*plugin_manager=*/nullptr, loaders.items.size(), &loaders.count,
                       loaders.items.data(), iree_allocator_system()),
                   "executable loaders");
}

Result<AllocatorPtr> create_heap() {
  iree_hal_allocator_t* heap = nullptr;
  TAKT_TRY_IREE(iree_hal_allocator_create_heap(iree_make_cstring_view("local"),
                                               iree_allocator_system(), iree_allocator_system(),
                                               &heap),
                "heap allocator");
  return AllocatorPtr(heap);
}

Result<DevicePtr> default_device(DriverPtr driver, const char* name) {
  iree_hal_device_t* device = nullptr;
  TAKT_TRY_IREE(iree_hal_driver_create_default_device(driver.get(), &device_create_params(),
                                                      iree_allocator_system(), &device),
                name);
  return DevicePtr(device);
}

Result<ExecutorPtr> create_executor(int workers) {
  iree_task_executor_options_t options;
  iree_task_executor_options_initialize(&options);
  iree_task_topology_t topology;
  iree_task_topology_initialize_from_group_count(static_cast<iree_host_size_t>(workers),
                                                 &topology);
  iree_task_executor_t* executor = nullptr;
  iree_status_t status =
      iree_task_executor_create(options, &topology, iree_allocator_system(), &executor);
  iree_task_topology_deinitialize(&topology);
  TAKT_TRY_IREE(status, "local-task executor");
  return ExecutorPtr(executor);
}

}  // namespace

Result<DevicePtr> create_local_sync() {
  Loaders loaders;
  TAKT_TRY(create_loaders(loaders));
  TAKT_ASSIGN(AllocatorPtr heap, create_heap());
  iree_hal_sync_device_params_t params;
  iree_hal_sync_device_params_initialize(&params);
  iree_hal_driver_t* driver = nullptr;
  TAKT_TRY_IREE(iree_hal_sync_driver_create(iree_make_cstring_view("local-sync"), &params,
                                            loaders.count, loaders.items.data(), heap.get(),
                                            iree_allocator_system(), &driver),
                "local-sync");
  return default_device(DriverPtr(driver), "local-sync");
}

Result<DevicePtr> create_local_task(int workers) {
  Loaders loaders;
  TAKT_TRY(create_loaders(loaders));
  TAKT_ASSIGN(AllocatorPtr heap, create_heap());
  TAKT_ASSIGN(ExecutorPtr executor, create_executor(workers));
  iree_hal_task_device_params_t params;
  iree_hal_task_device_params_initialize(&params);
  iree_task_executor_t* executors[] = {executor.get()};
  iree_hal_driver_t* driver = nullptr;
  TAKT_TRY_IREE(iree_hal_task_driver_create(iree_make_cstring_view("local-task"), &params, 1,
                                            executors, loaders.count, loaders.items.data(),
                                            heap.get(), iree_allocator_system(), &driver),
                "local-task");
  return default_device(DriverPtr(driver), "local-task");
}

}  // namespace takt
