#include "app/session.h"

#include <algorithm>
#include <cstring>

#include "app/abi_signature.h"
#include "base/rng.h"
#include "iree/io/file_contents.h"
#include "iree/modules/hal/types.h"
#include "iree/vm/bytecode/module.h"

namespace takt {
namespace {

using BufferViewPtr = IreePtr<iree_hal_buffer_view_t, iree_hal_buffer_view_release>;

Result<VmModulePtr> load_module(const std::string& path) {
  iree_io_file_contents_t* contents = nullptr;
  TAKT_TRY_IREE(iree_io_file_contents_map(iree_sv(path), IREE_IO_FILE_ACCESS_READ,
                                          iree_allocator_system(), &contents),
                path + ": cannot read the module");
  iree_vm_module_t* module = nullptr;
  iree_status_t status = iree_vm_bytecode_module_create(
      vm_instance(), IREE_VM_BYTECODE_MODULE_FLAG_NONE, contents->const_buffer,
      iree_io_file_contents_deallocator(contents), iree_allocator_system(), &module);
  if (iree_status_is_ok(status)) return VmModulePtr(module);
  iree_io_file_contents_free(contents);
  Error error = iree_error(status, path + ": not a module this runtime can load");
  error.kind = Error::Kind::kUsage;
  return error;
}

std::string attribute(const iree_vm_function_t& function, const char* key) {
  return std::string(std_sv(iree_vm_function_lookup_attr_by_name(
      &function, iree_make_cstring_view(key))));
}

// With a wait and a signal fence at the end of its arguments.
bool is_asynchronous(const iree_vm_function_t& function) {
  return attribute(function, "iree.abi.model") == "coarse-fences" ||
         std_sv(iree_vm_function_name(&function)).ends_with("$async");
}

template <class T>
void store(std::string& bytes, T value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

// One random element of `type`, appended as its bytes.
void append_element(std::string& bytes, iree_hal_element_type_t type, Rng& rng) {
  const double value = 2 * rng.unit() - 1;
  switch (type) {
    case IREE_HAL_ELEMENT_TYPE_FLOAT_32:
      return store(bytes, static_cast<float>(value));
    case IREE_HAL_ELEMENT_TYPE_FLOAT_64:
      return store(bytes, value);
    case IREE_HAL_ELEMENT_TYPE_FLOAT_16:
      return store(bytes, iree_math_f32_to_f16(static_cast<float>(value)));
    case IREE_HAL_ELEMENT_TYPE_BFLOAT_16:
      return store(bytes, iree_math_f32_to_bf16(static_cast<float>(value)));
    default: {
      const uint64_t small = rng.below(2);   // also a valid boolean and index
      bytes.append(reinterpret_cast<const char*>(&small),
                   iree_hal_element_dense_byte_count(type));
    }
  }
}

Result<BufferViewPtr> random_view(Device& device, const std::string& shape, Rng& rng) {
  constexpr iree_host_size_t kMaxRank = 16;
  iree_hal_dim_t dims[kMaxRank];
  iree_host_size_t rank = 0;
  iree_hal_element_type_t type;
  TAKT_TRY_IREE(iree_hal_parse_shape_and_element_type(iree_sv(shape), kMaxRank, &rank, dims, &type),
                "input type " + shape);
  size_t elements = 1;
  for (iree_host_size_t i = 0; i < rank; ++i) elements *= dims[i];
  std::string bytes;
  bytes.reserve(elements * iree_hal_element_dense_byte_count(type));
  for (size_t i = 0; i < elements; ++i) append_element(bytes, type, rng);

  iree_hal_buffer_params_t params = {};
  params.type = IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL | IREE_HAL_MEMORY_TYPE_HOST_VISIBLE;
  params.usage = IREE_HAL_BUFFER_USAGE_DEFAULT | IREE_HAL_BUFFER_USAGE_MAPPING;
  iree_hal_buffer_view_t* view = nullptr;
  TAKT_TRY_IREE(iree_hal_buffer_view_allocate_buffer_copy(
                    device.get(), iree_hal_device_allocator(device.get()), rank, dims, type,
                    IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR, params,
                    iree_make_const_byte_span(bytes.data(), bytes.size()), &view),
                "input buffer " + shape);
  return BufferViewPtr(view);
}

// "1x4xf32"
std::string type_of(iree_hal_buffer_view_t* view) {
  std::string text;
  for (iree_host_size_t i = 0; i < iree_hal_buffer_view_shape_rank(view); ++i)
    text += std::to_string(iree_hal_buffer_view_shape_dim(view, i)) + "x";
  char element[32] = "";
  iree_host_size_t length = 0;
  iree_status_ignore(iree_hal_format_element_type(iree_hal_buffer_view_element_type(view),
                                                  sizeof(element), element, &length));
  return text + element;
}

Result<VmListPtr> create_list() {
  iree_vm_list_t* list = nullptr;
  TAKT_TRY_IREE(iree_vm_list_create(iree_vm_make_undefined_type_def(), 8, iree_allocator_system(),
                                    &list),
                "argument list");
  return VmListPtr(list);
}

}  // namespace

Result<std::unique_ptr<Session>> Session::create(std::shared_ptr<Device> device,
                                                 const std::vector<std::string>& vmfb_paths) {
  std::unique_ptr<Session> session(new Session);
  std::vector<iree_vm_module_t*> modules{device->hal_module()};
  for (const std::string& path : vmfb_paths) {
    TAKT_ASSIGN(VmModulePtr module, load_module(path));
    modules.push_back(module.get());
    session->modules_.push_back(std::move(module));
  }
  iree_vm_context_t* context = nullptr;
  TAKT_TRY_IREE(iree_vm_context_create_with_modules(vm_instance(), IREE_VM_CONTEXT_FLAG_NONE,
                                                    modules.size(), modules.data(),
                                                    iree_allocator_system(), &context),
                vmfb_paths.back() + " on " + device->name());
  session->context_.reset(context);
  session->device_ = std::move(device);
  return session;
}

Result<iree_vm_function_t> Session::find(const std::string& name) const {
  // The importers export `main$async` with fences and a synchronous wrapper `main`.
  for (const std::string& candidate : {name + "$async", name}) {
    for (auto module = modules_.rbegin(); module != modules_.rend(); ++module) {
      iree_vm_function_t function;
      iree_status_t status = iree_vm_module_lookup_function_by_name(
          module->get(), IREE_VM_FUNCTION_LINKAGE_EXPORT, iree_sv(candidate), &function);
      if (iree_status_is_ok(status)) return function;
      iree_status_free(status);
    }
  }
  std::string known;
  for (const std::string& function : exports()) known += (known.empty() ? "" : ", ") + function;
  return bad_input("no function '" + name + "' in the module; it exports: " + known);
}

std::vector<std::string> Session::exports() const {
  std::vector<std::string> names;
  iree_vm_module_t* module = modules_.back().get();
  const iree_vm_module_signature_t signature = iree_vm_module_signature(module);
  for (iree_host_size_t i = 0; i < signature.export_function_count; ++i) {
    iree_vm_function_t function;
    if (!iree_status_is_ok(iree_vm_module_lookup_function_by_ordinal(
            module, IREE_VM_FUNCTION_LINKAGE_EXPORT, i, &function)))
      continue;
    const std::string_view name = std_sv(iree_vm_function_name(&function));
    if (!name.starts_with("__")) names.emplace_back(name);
  }
  return names;
}

Result<std::unique_ptr<Call>> Call::create(Session& session, const std::string& function,
                                           uint64_t seed, const std::string& declaration) {
  std::unique_ptr<Call> call(new Call);
  call->session_ = &session;
  call->name_ = function;
  TAKT_ASSIGN(call->function_, session.find(function));
  call->asynchronous_ = is_asynchronous(call->function_);
  TAKT_ASSIGN(call->inputs_, create_list());
  TAKT_ASSIGN(call->outputs_, create_list());
  const std::string reflected = attribute(call->function_, "iree.abi.declaration");
  TAKT_TRY(call->create_inputs(reflected.empty() ? declaration : reflected, seed));
  iree_hal_semaphore_t* timeline = nullptr;
  TAKT_TRY_IREE(iree_hal_semaphore_create(session.device().get(), IREE_HAL_QUEUE_AFFINITY_ANY, 0,
                                          IREE_HAL_SEMAPHORE_FLAG_DEFAULT, &timeline),
                "timeline semaphore");
  call->timeline_.reset(timeline);
  return call;
}

Status Call::create_inputs(const std::string& declaration, uint64_t seed) {
  TAKT_ASSIGN(const std::vector<std::string> shapes, input_shapes(declaration));
  Rng rng(seed);
  for (const std::string& shape : shapes) {
    TAKT_ASSIGN(BufferViewPtr view, random_view(session_->device(), shape, rng));
    iree_vm_ref_t ref = iree_hal_buffer_view_move_ref(view.release());
    TAKT_TRY_IREE(iree_vm_list_push_ref_move(inputs_.get(), &ref), name_);
  }
  fence_index_ = iree_vm_list_size(inputs_.get());
  if (asynchronous_)
    TAKT_TRY_IREE(iree_vm_list_resize(inputs_.get(), fence_index_ + 2), name_);
  return {};
}

// The wait fence stays null; the signal fence is the next point of the timeline.
Status Call::push_fences() {
  iree_hal_fence_t* fence = nullptr;
  TAKT_TRY_IREE(iree_hal_fence_create_at(timeline_.get(), calls_ + 1, iree_allocator_system(),
                                         &fence),
                name_);
  iree_vm_ref_t ref = iree_hal_fence_move_ref(fence);
  return to_status(iree_vm_list_set_ref_move(inputs_.get(), fence_index_ + 1, &ref), name_);
}

Status Call::submit() {
  if (asynchronous_) TAKT_TRY(push_fences());
  TAKT_TRY_IREE(iree_vm_list_resize(outputs_.get(), 0), name_);
  TAKT_TRY_IREE(iree_vm_invoke(session_->context(), function_, IREE_VM_INVOCATION_FLAG_NONE,
                               /*policy=*/nullptr, inputs_.get(), outputs_.get(),
                               iree_allocator_system()),
                name_);
  ++calls_;
  if (!asynchronous_)
    return to_status(iree_hal_semaphore_signal(timeline_.get(), calls_, /*frontier=*/nullptr),
                     name_);
  return {};
}

Status Call::wait(uint64_t call, Nanos timeout) {
  iree_status_t status =
      iree_hal_semaphore_wait(timeline_.get(), call, iree_make_timeout_ns(timeout.ns),
                              IREE_ASYNC_WAIT_FLAG_NONE);
  if (iree_status_is_ok(status)) return {};
  // The wait gives the code only; the semaphore knows the message of what failed.
  uint64_t value = 0;
  iree_status_t cause = iree_hal_semaphore_query(timeline_.get(), &value);
  if (iree_status_is_ok(cause)) return iree_error(status, name_);
  iree_status_free(status);
  return iree_error(cause, name_);
}

Result<std::vector<std::string>> Call::outputs() const {
  std::vector<std::string> outputs;
  for (iree_host_size_t i = 0; i < iree_vm_list_size(outputs_.get()); ++i) {
    iree_hal_buffer_view_t* view = iree_vm_list_get_buffer_view_assign(outputs_.get(), i);
    if (!view) return failed(name_ + ": output " + std::to_string(i) + " is not a tensor");
    std::string bytes(iree_hal_buffer_view_byte_length(view), '\0');
    TAKT_TRY_IREE(iree_hal_device_transfer_d2h(
                      session_->device().get(), iree_hal_buffer_view_buffer(view), 0, bytes.data(),
                      bytes.size(), IREE_HAL_TRANSFER_BUFFER_FLAG_DEFAULT,
                      iree_infinite_timeout()),
                  name_);
    outputs.push_back(type_of(view) + "=" + bytes);
  }
  return outputs;
}

}  // namespace takt
