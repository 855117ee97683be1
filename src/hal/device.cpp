#include "hal/device.h"

#include <cstring>

#include "hal/block_cache.h"
#include "hal/control.h"
#include "hal/executable_cache.h"
#include "hal/plan_book.h"
#include "hal/plan_index.h"
#include "hal/queue.h"
#include "hal/semaphore.h"
#include "iree/base/internal/cpu.h"
#include "iree/base/internal/fpu_state.h"
#include "iree/hal/memory/cpu_slab_provider.h"
#include "iree/hal/memory/passthrough_pool.h"
#include "iree/hal/utils/file_registry.h"
#include "model/plan_graphs.h"

namespace takt {
namespace {

const iree_hal_device_vtable_t& device_vtable();

void clear_topology(HalDevice& device) {
  if (device.frontier_tracker) {
    iree_async_frontier_tracker_retire_axis(device.frontier_tracker, device.axis,
                                            iree_status_from_code(IREE_STATUS_CANCELLED));
    iree_async_frontier_tracker_release(device.frontier_tracker);
    device.frontier_tracker = nullptr;
    device.axis = 0;
  }
  device.topology_info = {};
}

void destroy(iree_hal_device_t* base) {
  HalDevice* device = &as_device(base);
  device->executor.reset();   // runs what is in flight
  for (iree_hal_executable_loader_t* loader : device->loaders)
    iree_hal_executable_loader_release(loader);
  iree_hal_pool_release(device->pool);
  iree_hal_slab_provider_release(device->slab_provider);
  iree_async_notification_release(device->pool_notification);
  clear_topology(*device);
  iree_hal_allocator_release(device->device_allocator);
  iree_hal_channel_provider_release(device->channel_provider);
  iree_async_proactor_pool_release(device->proactor_pool);
  delete device;
}

iree_string_view_t id(iree_hal_device_t* base) {
  const std::string& text = as_device(base).identifier;
  return iree_make_string_view(text.data(), text.size());
}

iree_allocator_t host_allocator(iree_hal_device_t* base) { return as_device(base).host_allocator; }

iree_hal_allocator_t* device_allocator(iree_hal_device_t* base) {
  return as_device(base).device_allocator;
}

void replace_device_allocator(iree_hal_device_t* base, iree_hal_allocator_t* allocator) {
  iree_hal_allocator_retain(allocator);
  iree_hal_allocator_release(as_device(base).device_allocator);
  as_device(base).device_allocator = allocator;
}

void replace_channel_provider(iree_hal_device_t* base, iree_hal_channel_provider_t* provider) {
  iree_hal_channel_provider_retain(provider);
  iree_hal_channel_provider_release(as_device(base).channel_provider);
  as_device(base).channel_provider = provider;
}

iree_status_t trim(iree_hal_device_t* base) {
  BlockCache::instance().trim();
  IREE_RETURN_IF_ERROR(iree_hal_pool_trim(as_device(base).pool));
  return iree_hal_allocator_trim(as_device(base).device_allocator);
}

bool is(iree_string_view_t text, const char* expected) {
  return iree_string_view_equal(text, iree_make_cstring_view(expected));
}

iree_status_t query_i64(iree_hal_device_t* base, iree_string_view_t category,
                        iree_string_view_t key, int64_t* out_value) {
  HalDevice& device = as_device(base);
  *out_value = 0;
  if (is(category, "hal.device.id")) {
    // Modules compiled for the target "local" ask for a device "local*".
    *out_value = iree_string_view_match_pattern(id(base), key) ||
                 iree_string_view_match_pattern(iree_make_cstring_view("local-takt"), key);
    return iree_ok_status();
  }
  if (is(category, "hal.executable.format")) {
    *out_value = iree_hal_query_any_executable_loader_support(
        device.loaders.size(), device.loaders.data(), /*caching_mode=*/0, key);
    return iree_ok_status();
  }
  if (is(category, "hal.device") && is(key, "concurrency")) {
    *out_value = 1;                              // queues
    return iree_ok_status();
  }
  if (is(category, "hal.dispatch") && is(key, "concurrency")) {
    *out_value = device.executor->lanes();
    return iree_ok_status();
  }
  if (is(category, "hal.cpu")) return iree_cpu_lookup_data_by_key(key, out_value);
  return iree_make_status(IREE_STATUS_NOT_FOUND, "takt: unknown device query '%.*s :: %.*s'",
                          int(category.size), category.data, int(key.size), key.data);
}

iree_status_t query_capabilities(iree_hal_device_t*, iree_hal_device_capabilities_t* out) {
  std::memset(out, 0, sizeof(*out));
  return iree_ok_status();
}

const iree_hal_device_topology_info_t* topology_info(iree_hal_device_t* base) {
  return &as_device(base).topology_info;
}

iree_status_t refine_topology_edge(iree_hal_device_t*, iree_hal_device_t*,
                                   iree_hal_topology_edge_t*) {
  return iree_ok_status();
}

iree_status_t assign_topology_info(iree_hal_device_t* base,
                                   const iree_hal_device_topology_info_t* info) {
  HalDevice& device = as_device(base);
  if (!info) {
    clear_topology(device);
    return iree_ok_status();
  }
  IREE_RETURN_IF_ERROR(iree_async_frontier_tracker_register_axis(
      info->frontier.tracker, info->frontier.base_axis, /*semaphore=*/nullptr));
  device.topology_info = *info;
  device.frontier_tracker = info->frontier.tracker;
  device.axis = info->frontier.base_axis;
  iree_async_frontier_tracker_retain(device.frontier_tracker);
  return iree_ok_status();
}

iree_status_t create_channel(iree_hal_device_t*, iree_hal_queue_affinity_t,
                             iree_hal_channel_params_t, iree_hal_channel_t**) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: collectives are not implemented");
}

iree_status_t device_create_command_buffer(iree_hal_device_t* base,
                                           iree_hal_command_buffer_mode_t mode,
                                           iree_hal_command_category_t categories,
                                           iree_hal_queue_affinity_t affinity,
                                           iree_host_size_t binding_capacity,
                                           iree_hal_command_buffer_t** out_command_buffer) {
  return create_command_buffer(&as_device(base), mode, categories, affinity, binding_capacity,
                               out_command_buffer);
}

iree_status_t device_create_event(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                                  iree_hal_event_flags_t, iree_hal_event_t** out_event) {
  return create_event(as_device(base).host_allocator, out_event);
}

iree_status_t device_create_executable_cache(iree_hal_device_t* base,
                                             iree_string_view_t identifier,
                                             iree_hal_executable_cache_t** out_cache) {
  return create_executable_cache(&as_device(base), identifier, out_cache);
}

iree_status_t import_file(iree_hal_device_t* base, iree_hal_queue_affinity_t affinity,
                          iree_hal_memory_access_t access, iree_io_file_handle_t* handle,
                          iree_hal_external_file_flags_t, iree_hal_file_t** out_file) {
  HalDevice& device = as_device(base);
  return iree_hal_file_from_handle(device.device_allocator, affinity, access, handle,
                                   /*proactor=*/nullptr, device.host_allocator, out_file);
}

iree_status_t device_create_semaphore(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                                      uint64_t initial_value, iree_hal_semaphore_flags_t,
                                      iree_hal_semaphore_t** out_semaphore) {
  return create_semaphore(&as_device(base), initial_value, out_semaphore);
}

// Semaphores of any device are waited for and signalled on the host.
iree_hal_semaphore_compatibility_t query_semaphore_compatibility(iree_hal_device_t*,
                                                                 iree_hal_semaphore_t*) {
  return IREE_HAL_SEMAPHORE_COMPATIBILITY_HOST_ONLY;
}

bool query_pool_epoch(void* user_data, iree_async_axis_t axis, uint64_t epoch) {
  return iree_async_frontier_tracker_query_epoch(
      static_cast<iree_async_frontier_tracker_t*>(user_data), axis, epoch);
}

iree_status_t query_queue_pool_backend(iree_hal_device_t* base, iree_hal_queue_affinity_t,
                                       iree_hal_queue_pool_backend_t* out_backend) {
  HalDevice& device = as_device(base);
  out_backend->slab_provider = device.slab_provider;
  out_backend->notification = device.pool_notification;
  out_backend->epoch_query = {query_pool_epoch, device.frontier_tracker};
  return iree_ok_status();
}

iree_status_t external_capture_begin(iree_hal_device_t*,
                                     const iree_hal_device_external_capture_options_t*) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: external capture is not implemented");
}

iree_status_t external_capture_end(iree_hal_device_t*) {
  return iree_make_status(IREE_STATUS_UNIMPLEMENTED, "takt: external capture is not implemented");
}

iree_hal_device_vtable_t make_vtable() {
  iree_hal_device_vtable_t vtable = {};
  vtable.destroy = destroy;
  vtable.id = id;
  vtable.host_allocator = host_allocator;
  vtable.device_allocator = device_allocator;
  vtable.replace_device_allocator = replace_device_allocator;
  vtable.replace_channel_provider = replace_channel_provider;
  vtable.trim = trim;
  vtable.query_i64 = query_i64;
  vtable.query_capabilities = query_capabilities;
  vtable.topology_info = topology_info;
  vtable.refine_topology_edge = refine_topology_edge;
  vtable.assign_topology_info = assign_topology_info;
  vtable.create_channel = create_channel;
  vtable.create_command_buffer = device_create_command_buffer;
  vtable.create_event = device_create_event;
  vtable.create_executable_cache = device_create_executable_cache;
  vtable.import_file = import_file;
  vtable.create_semaphore = device_create_semaphore;
  vtable.query_semaphore_compatibility = query_semaphore_compatibility;
  vtable.query_queue_pool_backend = query_queue_pool_backend;
  set_queue_operations(&vtable);
  set_profiling_operations(&vtable);
  vtable.external_capture_begin = external_capture_begin;
  vtable.external_capture_end = external_capture_end;
  return vtable;
}

const iree_hal_device_vtable_t& device_vtable() {
  static const iree_hal_device_vtable_t vtable = make_vtable();
  return vtable;
}

iree_status_t create_pool(HalDevice& device) {
  IREE_RETURN_IF_ERROR(
      iree_hal_cpu_slab_provider_create(device.host_allocator, &device.slab_provider));
  IREE_RETURN_IF_ERROR(iree_async_notification_create(
      device.proactor, IREE_ASYNC_NOTIFICATION_FLAG_NONE, &device.pool_notification));
  iree_hal_passthrough_pool_options_t options = {};
  return iree_hal_passthrough_pool_create(options, device.slab_provider,
                                          device.pool_notification, device.host_allocator,
                                          &device.pool);
}

// Kernels are compiled for flush-to-zero; a borrowed thread gets its own mode back.
void enter_lane(LaneContext& lane, uint64_t (&saved)[2]) {
  set_up_lane(lane);
  const iree_fpu_state_t state = iree_fpu_state_push(IREE_FPU_STATE_FLAG_FLUSH_DENORMALS_TO_ZERO);
  static_assert(sizeof(state) <= sizeof(saved));
  std::memcpy(saved, &state, sizeof(state));
}

void leave_lane(LaneContext&, const uint64_t (&saved)[2]) {
  iree_fpu_state_t state;
  std::memcpy(&state, saved, sizeof(state));
  iree_fpu_state_pop(state);
}

// options.plan with its graphs, or options.graphs.
Status load_plan(HalDevice& device) {
  device.graphs = std::make_unique<PlanIndex>();
  device.plans = std::make_unique<PlanBook>(*device.graphs, uint32_t(device.lane_names.size()));
  const DeviceOptions& options = device.options;
  std::vector<DispatchGraph> graphs;
  if (options.plan.empty()) {
    for (const std::string& path : options.graphs) {
      TAKT_ASSIGN(DispatchGraph graph, read_graph(path));
      graphs.push_back(std::move(graph));
    }
    device.graphs->add_graphs(std::move(graphs));
    return {};
  }
  PlanChange change;
  TAKT_ASSIGN(Plan plan, read_plan(options.plan));
  TAKT_ASSIGN(graphs, read_plan_graphs(plan, options.plan));
  device.graphs->add_graphs(std::move(graphs));
  for (uint32_t t = 0; t < plan.tasks.size(); ++t) change.scope.tasks.push_back({t, 0});
  change.plan = std::make_shared<const Plan>(std::move(plan));
  const Status added = device.plans->begin(change);
  return added.ok() ? added : bad_input(options.plan + ": " + added.error().message);
}

iree_status_t create_executor(HalDevice& device) {
  Result<LaneSetup> lanes = choose_lanes(device.options);
  if (!lanes.ok()) return to_status(lanes.error());
  device.lane_names = lanes->names;
  if (const Status planned = load_plan(device); !planned.ok()) return to_status(planned.error());
  ExecutorOptions options;
  options.cpus = lanes->cpus;
  const std::string policy = !device.options.policy.empty() ? device.options.policy
                             : device.options.plan.empty()  ? "dynamic"
                                                            : "hybrid";
  Result<const Policy*> found = find_policy(policy);
  if (!found.ok()) return to_status(found.error());
  options.policy = *found;
  options.workers = device.options.workers;
  options.inline_submit = device.options.inline_submit;
  options.trace_capacity = device.options.trace_capacity;
  options.realtime = device.options.realtime;
  options.watch_bound = device.options.watch;
  options.lock_memory = device.options.lock_memory;
  options.timer_slack = device.options.timer_slack;
  const Status placed = set_places(device.options, options);
  if (!placed.ok()) return to_status(placed.error());
  options.drop_fault = [](Fault fault) {
    iree_status_free(reinterpret_cast<iree_status_t>(fault));
  };
  options.enter_lane = enter_lane;
  options.leave_lane = leave_lane;
  device.executor = std::make_unique<Executor>(options);
  device.control = std::make_unique<Control>(device);
  if (policy == "serial") {
    const Status set = device.control->set_serial(device.options.serial_width,
                                                  device.options.serial_first_lane);
    if (!set.ok()) return to_status(set.error());
  }
  return iree_ok_status();
}

}  // namespace

iree_status_t to_status(const Error& error) {
  return iree_make_status(error.kind == Error::Kind::kUsage ? IREE_STATUS_INVALID_ARGUMENT
                                                            : IREE_STATUS_INTERNAL,
                          "%s", error.message.c_str());
}

iree_status_t create_takt_device(iree_string_view_t identifier, const DeviceOptions& options,
                                 std::vector<iree_hal_executable_loader_t*> loaders,
                                 iree_hal_allocator_t* device_allocator,
                                 const iree_hal_device_create_params_t* params,
                                 iree_allocator_t host_allocator,
                                 iree_hal_device_t** out_device) {
  auto* device = new HalDevice();
  iree_hal_resource_initialize(&device_vtable(), &device->resource);
  device->host_allocator = host_allocator;
  device->identifier.assign(identifier.data, identifier.size);
  device->options = options;
  device->device_allocator = device_allocator;
  iree_hal_allocator_retain(device_allocator);
  for (iree_hal_executable_loader_t* loader : loaders) iree_hal_executable_loader_retain(loader);
  device->loaders = std::move(loaders);
  device->proactor_pool = params->proactor_pool;
  iree_async_proactor_pool_retain(device->proactor_pool);

  iree_status_t status =
      iree_async_proactor_pool_get(device->proactor_pool, 0, &device->proactor);
  if (iree_status_is_ok(status)) status = create_pool(*device);
  if (iree_status_is_ok(status)) status = create_executor(*device);
  if (iree_status_is_ok(status)) {
    *out_device = device->base();
  } else {
    iree_hal_device_release(device->base());
  }
  return status;
}

DeviceControl* device_control(iree_hal_device_t* base) {
  if (!iree_hal_resource_is(base, &device_vtable())) return nullptr;
  return as_device(base).control.get();
}

}  // namespace takt
