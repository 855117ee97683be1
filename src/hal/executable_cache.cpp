#include "hal/executable_cache.h"

#include "hal/device.h"
#include "hal/plan_index.h"
#include "iree/hal/local/local_executable_cache.h"

namespace takt {
namespace {

struct Cache {
  iree_hal_resource_t resource;    // first: this is an iree_hal_executable_cache_t
  HalDevice* device;               // borrowed
  iree_hal_executable_cache_t* local;
};

Cache& cast(iree_hal_executable_cache_t* base) { return *reinterpret_cast<Cache*>(base); }

void destroy(iree_hal_executable_cache_t* base) {
  iree_hal_executable_cache_release(cast(base).local);
  delete &cast(base);
}

iree_status_t infer_format(iree_hal_executable_cache_t* base,
                           iree_hal_executable_caching_mode_t mode, iree_const_byte_span_t data,
                           iree_host_size_t capacity, char* format,
                           iree_host_size_t* out_size) {
  return iree_hal_executable_cache_infer_format(cast(base).local, mode, data, capacity, format,
                                                out_size);
}

bool can_prepare_format(iree_hal_executable_cache_t* base,
                        iree_hal_executable_caching_mode_t mode, iree_string_view_t format) {
  return iree_hal_executable_cache_can_prepare_format(cast(base).local, mode, format);
}

iree_status_t prepare_executable(iree_hal_executable_cache_t* base,
                                 const iree_hal_executable_params_t* params,
                                 iree_hal_executable_t** out_executable) {
  Cache& cache = cast(base);
  IREE_RETURN_IF_ERROR(
      iree_hal_executable_cache_prepare_executable(cache.local, params, out_executable));
  cache.device->graphs->add_executable(
      *out_executable, {reinterpret_cast<const char*>(params->executable_data.data),
                        params->executable_data.data_length});
  return iree_ok_status();
}

const iree_hal_executable_cache_vtable_t kVtable = {
    .destroy = destroy,
    .infer_format = infer_format,
    .can_prepare_format = can_prepare_format,
    .prepare_executable = prepare_executable,
};

}  // namespace

iree_status_t create_executable_cache(HalDevice* device, iree_string_view_t identifier,
                                      iree_hal_executable_cache_t** out_cache) {
  iree_hal_executable_cache_t* local = nullptr;
  IREE_RETURN_IF_ERROR(iree_hal_local_executable_cache_create(
      identifier, device->executor->lanes(), device->loaders.size(), device->loaders.data(),
      device->host_allocator, &local));
  auto* cache = new Cache{};
  iree_hal_resource_initialize(&kVtable, &cache->resource);
  cache->device = device;
  cache->local = local;
  *out_cache = reinterpret_cast<iree_hal_executable_cache_t*>(cache);
  return iree_ok_status();
}

}  // namespace takt
