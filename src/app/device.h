// Device: one HAL device with what a VM context needs of it: a takt device (see
// hal/takt_driver.h) or one of IREE's own drivers, by name:
//   local-sync                           IREE's single-threaded driver
//   local-task[?workers=N]               IREE's task system with N workers (default 2)
// All run in the same process and load the same .vmfb. Thread-safe after creation.
#pragma once

#include <memory>
#include <string>

#include "app/iree_ptr.h"
#include "base/result.h"
#include "hal/takt_driver.h"

namespace takt {

class Device {
 public:
  static Result<std::shared_ptr<Device>> create_stock(const std::string& name);
  static Result<std::shared_ptr<Device>> create_takt(const DeviceOptions& options);

  iree_hal_device_t* get() const { return device_.get(); }
  iree_vm_module_t* hal_module() const { return hal_module_.get(); }
  const std::string& name() const { return name_; }
  // What only a takt device has; nullptr on the others.
  DeviceControl* control() const { return device_control(device_.get()); }

 private:
  Device() = default;
  static Result<std::shared_ptr<Device>> wrap(const std::string& name, DevicePtr device);

  std::string name_;
  DevicePtr device_;
  VmModulePtr hal_module_;   // shared by every context on this device
};

// The process-wide VM instance with the HAL types registered.
iree_vm_instance_t* vm_instance();

// Parameters every device is created with (the process-wide proactor pool).
const iree_hal_device_create_params_t& device_create_params();

// IREE's own drivers (stock_device.cpp).
Result<DevicePtr> create_local_task(int workers);
Result<DevicePtr> create_local_sync();

}  // namespace takt
