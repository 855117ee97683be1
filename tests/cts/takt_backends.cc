// Joins takt to IREE's HAL conformance suite: one backend per way of running it that has races
// of its own. Tags are those of local-task and the lists of unsupported tests and expected
// failures stay empty: what takt may skip is decided by cts.skips against local-task.
#include <string>

#include "hal/takt_driver.h"
#include "iree/hal/api.h"
#include "iree/hal/cts/util/registry.h"

namespace takt {
namespace {

using iree::hal::cts::CtsRegistry;
using iree::hal::cts::RecordingMode;

iree_status_t create_driver(iree_hal_driver_t** driver) {
  iree_hal_driver_registry_t* registry = iree_hal_driver_registry_default();
  iree_status_t status = takt_hal_driver_register(registry);
  if (iree_status_is_already_exists(status)) {  // by the backend before this one
    iree_status_free(status);
    status = iree_ok_status();
  }
  IREE_RETURN_IF_ERROR(status);
  return iree_hal_driver_registry_try_create(registry, iree_make_cstring_view("takt"),
                                             iree_allocator_system(), driver);
}

iree_status_t create_backend(const DeviceOptions& options,
                             const iree_hal_device_create_params_t* params,
                             iree_hal_driver_t** driver, iree_hal_device_t** device) {
  IREE_RETURN_IF_ERROR(create_driver(driver));
  Result<iree_hal_device_t*> created = create_device(options, params, iree_allocator_system());
  if (!created.ok()) {
    iree_hal_driver_release(*driver);
    *driver = nullptr;
    return iree_make_status(IREE_STATUS_INTERNAL, "%s", created.error().message.c_str());
  }
  *device = created.value();
  return iree_ok_status();
}

bool register_backend(const char* name, DeviceOptions options) {
  CtsRegistry::RegisterBackend(
      {name,
       {name,
        [options](const iree_hal_device_create_params_t* params, iree_hal_driver_t** driver,
                  iree_hal_device_t** device) {
          return create_backend(options, params, driver, device);
        },
        /*executable_format=*/nullptr, /*executable_data=*/nullptr, RecordingMode::kDirect,
        /*unsupported_tests=*/{}, /*expected_failures=*/{}},
       {"async_queue", "events", "file_io", "host_calls", "mapping", "indirect"},
       /*executable_formats=*/{}});
  return true;
}

// Not pinned: the suite must also run where fewer than two cpus are usable.
DeviceOptions with_lanes(int lanes) {
  DeviceOptions options;
  options.lanes = lanes;
  options.pin = false;
  return options;
}

// No submitting thread helps: all work changes threads.
DeviceOptions with_lanes_queued(int lanes) {
  DeviceOptions options = with_lanes(lanes);
  options.inline_submit = false;
  return options;
}

// Only threads that submit, signal or wait run anything.
DeviceOptions without_workers() {
  DeviceOptions options = with_lanes(1);
  options.workers = false;
  return options;
}

const bool registered = register_backend("takt_1", with_lanes(1)) &&
                        register_backend("takt_2", with_lanes(2)) &&
                        register_backend("takt_4", with_lanes(4)) &&
                        register_backend("takt_queued", with_lanes_queued(2)) &&
                        register_backend("takt_donated", without_workers());

}  // namespace
}  // namespace takt
