#include "app/device.h"

#include <cstdio>

#include "iree/async/frontier_tracker.h"
#include "iree/async/util/proactor_pool.h"
#include "iree/hal/device_group.h"
#include "iree/modules/hal/module.h"

namespace takt {
namespace {

VmInstancePtr create_vm_instance() {
  iree_vm_instance_t* instance = nullptr;
  IREE_CHECK_OK(iree_vm_instance_create(IREE_VM_TYPE_CAPACITY_DEFAULT, iree_allocator_system(),
                                        &instance));
  IREE_CHECK_OK(iree_hal_module_register_all_types(instance));
  return VmInstancePtr(instance);
}

// The N of "local-task?workers=N"; 2 when it is not given.
Result<int> workers_of(const std::string& name) {
  const size_t query = name.find('?');
  if (query == std::string::npos) return 2;
  int workers = 0;
  if (std::sscanf(name.c_str() + query, "?workers=%d", &workers) != 1 || workers < 1 ||
      workers > 64)
    return bad_input(name + ": expected local-task?workers=N with N from 1 to 64");
  return workers;
}

}  // namespace

iree_vm_instance_t* vm_instance() {
  static const VmInstancePtr instance = create_vm_instance();
  return instance.get();
}

const iree_hal_device_create_params_t& device_create_params() {
  static const iree_hal_device_create_params_t params = [] {
    iree_hal_device_create_params_t made = iree_hal_device_create_params_default();
    IREE_CHECK_OK(iree_async_proactor_pool_create(
        1, nullptr, iree_async_proactor_pool_options_default(), iree_allocator_system(),
        &made.proactor_pool));
    return made;
  }();
  return params;
}

Result<std::shared_ptr<Device>> Device::create_stock(const std::string& name) {
  if (name == "local-sync") {
    TAKT_ASSIGN(DevicePtr device, create_local_sync());
    return wrap(name, std::move(device));
  }
  if (name == "local-task" || name.starts_with("local-task?")) {
    TAKT_ASSIGN(const int workers, workers_of(name));
    TAKT_ASSIGN(DevicePtr device, create_local_task(workers));
    return wrap(name, std::move(device));
  }
  return bad_input("unknown driver '" + name +
                   "'; known are local-sync, local-task and local-task?workers=N");
}

Result<std::shared_ptr<Device>> Device::create_takt(const DeviceOptions& options) {
  TAKT_ASSIGN(iree_hal_device_t * device,
              create_device(options, &device_create_params(), iree_allocator_system()));
  return wrap("takt", DevicePtr(device));
}

Result<std::shared_ptr<Device>> Device::wrap(const std::string& name, DevicePtr hal_device) {
  std::shared_ptr<Device> device(new Device);
  device->name_ = name;
  device->device_ = std::move(hal_device);
  const iree_allocator_t allocator = iree_allocator_system();

  iree_async_frontier_tracker_t* tracker = nullptr;
  TAKT_TRY_IREE(iree_async_frontier_tracker_create(iree_async_frontier_tracker_options_default(),
                                                   allocator, &tracker),
                name);
  iree_hal_device_group_t* group = nullptr;
  iree_status_t status =
      iree_hal_device_group_create_from_device(device->get(), tracker, allocator, &group);
  iree_async_frontier_tracker_release(tracker);
  TAKT_TRY_IREE(status, name);
  iree_vm_module_t* module = nullptr;
  status = iree_hal_module_create(vm_instance(), iree_hal_module_device_policy_default(), group,
                                  IREE_HAL_MODULE_FLAG_NONE, iree_hal_module_debug_sink_null(),
                                  allocator, &module);
  iree_hal_device_group_release(group);
  TAKT_TRY_IREE(status, name);
  device->hal_module_.reset(module);
  return device;
}

}  // namespace takt
