// The driver `takt`: its factory for IREE's registry, device URIs, direct creation.
#include <cstring>

#include "hal/device.h"
#include "iree/hal/local/loaders/registration/init.h"
#include "iree/hal/local/plugins/registration/init.h"

namespace takt {
namespace {

constexpr char kDriverName[] = "takt";

struct Driver {
  iree_hal_resource_t resource;    // first: this is an iree_hal_driver_t
  iree_allocator_t host_allocator;
};

// Loaders and the heap that every device of the process gets its own of.
iree_status_t create_device_with(const DeviceOptions& options,
                                 const iree_hal_device_create_params_t* params,
                                 iree_allocator_t host_allocator,
                                 iree_hal_device_t** out_device) {
  iree_hal_executable_plugin_manager_t* plugins = nullptr;
  iree_hal_executable_loader_t* loaders[8] = {};
  iree_host_size_t loader_count = 0;
  iree_hal_allocator_t* allocator = nullptr;
  iree_status_t status =
      iree_hal_executable_plugin_manager_create_from_flags(host_allocator, &plugins);
  if (iree_status_is_ok(status))
    status = iree_hal_create_all_available_executable_loaders(
        plugins, IREE_ARRAYSIZE(loaders), &loader_count, loaders, host_allocator);
  if (iree_status_is_ok(status))
    status = iree_hal_allocator_create_heap(iree_make_cstring_view("local"), host_allocator,
                                            host_allocator, &allocator);
  if (iree_status_is_ok(status))
    status = create_takt_device(iree_make_cstring_view(kDriverName), options,
                                {loaders, loaders + loader_count}, allocator, params,
                                host_allocator, out_device);
  iree_hal_allocator_release(allocator);
  for (iree_host_size_t i = 0; i < loader_count; ++i)
    iree_hal_executable_loader_release(loaders[i]);
  iree_hal_executable_plugin_manager_release(plugins);
  return status;
}

void destroy(iree_hal_driver_t* base) {
  auto* driver = reinterpret_cast<Driver*>(base);
  iree_allocator_free(driver->host_allocator, driver);
}

iree_status_t query_available_devices(iree_hal_driver_t*, iree_allocator_t host_allocator,
                                      iree_host_size_t* out_count,
                                      iree_hal_device_info_t** out_infos) {
  iree_hal_device_info_t info = {};
  info.device_id = IREE_HAL_DEVICE_ID_DEFAULT;
  info.name = iree_make_cstring_view("default");
  *out_count = 1;
  return iree_allocator_clone(host_allocator, iree_make_const_byte_span(&info, sizeof(info)),
                              reinterpret_cast<void**>(out_infos));
}

iree_status_t dump_device_info(iree_hal_driver_t*, iree_hal_device_id_t,
                               iree_string_builder_t* builder) {
  return iree_string_builder_append_string(
      builder, iree_make_cstring_view("\n# takt: host lanes, one worker per core\n"));
}

std::string_view view(iree_string_view_t text) { return {text.data, text.size}; }

iree_status_t create_device_by_path(iree_hal_driver_t*, iree_string_view_t,
                                    iree_string_view_t device_path, iree_host_size_t param_count,
                                    const iree_string_pair_t* params,
                                    const iree_hal_device_create_params_t* create_params,
                                    iree_allocator_t host_allocator,
                                    iree_hal_device_t** out_device) {
  DeviceOptions options;
  options.plan = view(device_path);
  for (iree_host_size_t i = 0; i < param_count; ++i) {
    const Status set = set_option(options, view(params[i].key), view(params[i].value));
    if (!set.ok()) return to_status(set.error());
  }
  return create_device_with(options, create_params, host_allocator, out_device);
}

iree_status_t create_device_by_id(iree_hal_driver_t* driver, iree_hal_device_id_t,
                                  iree_host_size_t param_count, const iree_string_pair_t* params,
                                  const iree_hal_device_create_params_t* create_params,
                                  iree_allocator_t host_allocator,
                                  iree_hal_device_t** out_device) {
  return create_device_by_path(driver, iree_make_cstring_view(kDriverName),
                               iree_string_view_empty(), param_count, params, create_params,
                               host_allocator, out_device);
}

const iree_hal_driver_vtable_t kDriverVtable = {
    .destroy = destroy,
    .query_available_devices = query_available_devices,
    .dump_device_info = dump_device_info,
    .create_device_by_id = create_device_by_id,
    .create_device_by_path = create_device_by_path,
};

iree_status_t enumerate(void*, iree_host_size_t* out_count,
                        const iree_hal_driver_info_t** out_infos) {
  static const iree_hal_driver_info_t info = {
      .driver_name = iree_make_cstring_view(kDriverName),
      .full_name = iree_make_cstring_view("takt: planned execution on the host's cores"),
  };
  *out_count = 1;
  *out_infos = &info;
  return iree_ok_status();
}

iree_status_t try_create(void*, iree_string_view_t driver_name, iree_allocator_t host_allocator,
                         iree_hal_driver_t** out_driver) {
  if (view(driver_name) != kDriverName)
    return iree_make_status(IREE_STATUS_UNAVAILABLE, "takt: there is no driver '%.*s' here",
                            int(driver_name.size), driver_name.data);
  Driver* driver = nullptr;
  IREE_RETURN_IF_ERROR(iree_allocator_malloc(host_allocator, sizeof(*driver),
                                             reinterpret_cast<void**>(&driver)));
  iree_hal_resource_initialize(&kDriverVtable, &driver->resource);
  driver->host_allocator = host_allocator;
  *out_driver = reinterpret_cast<iree_hal_driver_t*>(driver);
  return iree_ok_status();
}

// The first line of a status: "file:line: CODE; message; ...".
std::string message_of(iree_status_t status) {
  char* text = nullptr;
  iree_host_size_t length = 0;
  iree_allocator_t allocator = iree_allocator_system();
  std::string message = "cannot create the takt device";
  if (iree_status_to_string(status, &allocator, &text, &length)) {
    message.assign(text, length);
    iree_allocator_free(allocator, text);
  }
  return message;
}

}  // namespace

Result<iree_hal_device_t*> create_device(const DeviceOptions& options,
                                         const iree_hal_device_create_params_t* params,
                                         iree_allocator_t host_allocator) {
  iree_hal_device_t* device = nullptr;
  iree_status_t status = create_device_with(options, params, host_allocator, &device);
  if (iree_status_is_ok(status)) return device;
  const bool usage = iree_status_code(status) == IREE_STATUS_INVALID_ARGUMENT;
  const std::string message = message_of(status);
  iree_status_free(status);
  return usage ? bad_input(message) : failed(message);
}

}  // namespace takt

iree_status_t takt_hal_driver_register(iree_hal_driver_registry_t* registry) {
  static const iree_hal_driver_factory_t factory = {
      .self = nullptr,
      .enumerate = takt::enumerate,
      .try_create = takt::try_create,
  };
  return iree_hal_driver_registry_register_factory(registry, &factory);
}
