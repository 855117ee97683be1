// For tests and benches of this room: small modules compiled by the real compiler, and
// one of them loaded on a takt or stock device and called with seeded inputs.
#pragma once

#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/content_hash.h"
#include "base/rng.h"
#include "hal/takt_driver.h"
#include "iree/async/util/proactor_pool.h"
#include "iree/hal/device_group.h"
#include "iree/async/frontier_tracker.h"
#include "iree/hal/drivers/local_sync/sync_driver.h"
#include "iree/hal/drivers/local_task/task_driver.h"
#include "iree/hal/local/loaders/registration/init.h"
#include "iree/modules/hal/module.h"
#include "iree/modules/hal/types.h"
#include "iree/task/executor.h"
#include "iree/vm/api.h"
#include "iree/vm/bytecode/module.h"

namespace takt {

// f(x: vector of n, w: n x n matrix): what a test module looks like. A "layer" is one
// matrix-vector product with relu: one dispatch.
class TestSource {
 public:
  explicit TestSource(int n) : n_(std::to_string(n)) {}

  std::string layer(const std::string& x) {
    const std::string z = next(), y = next();
    const std::string v = "tensor<" + n_ + "xf32>", m = "tensor<" + n_ + "x" + n_ + "xf32>";
    const std::string e = next(), r = next();
    body_ += "  " + e + " = tensor.empty() : " + v + "\n";
    body_ += "  " + z + " = linalg.fill ins(%c0 : f32) outs(" + e + " : " + v + ") -> " + v + "\n";
    body_ += "  " + y + " = linalg.matvec ins(%w, " + x + " : " + m + ", " + v + ") outs(" + z +
             " : " + v + ") -> " + v + "\n";
    body_ += "  " + r + " = arith.maximumf " + y + ", %cm : " + v + "\n";
    return r;
  }
  std::string add(const std::string& a, const std::string& b) {
    const std::string y = next();
    body_ += "  " + y + " = arith.addf " + a + ", " + b + " : tensor<" + n_ + "xf32>\n";
    return y;
  }
  // Keeps the compiler from fusing or reordering across it.
  std::string text(const std::string& result) const {
    const std::string v = "tensor<" + n_ + "xf32>", m = "tensor<" + n_ + "x" + n_ + "xf32>";
    return "func.func @main(%x: " + v + ", %w: " + m + ") -> " + v +
           " {\n  %c0 = arith.constant 0.0 : f32\n  %cm = arith.constant dense<-1.0e-2> : " + v +
           "\n" + body_ + "  return " + result + " : " + v + "\n}\n";
  }

 private:
  std::string next() { return "%v" + std::to_string(count_++); }
  std::string n_, body_;
  int count_ = 0;
};

inline int vector_size(const std::string& name) {
  return name.find("matmul") != std::string::npos ? 512
         : name.find("tiny") != std::string::npos ? 16
                                                  : 64;
}

// "chain": layers one after another; "tiny40", "tiny320": the same of 16 values, so that
// the driver's own cost shows; "branches": four chains in parallel, summed; "matmul": wide
// layers of many tiles. Size of the vector in *n.
inline std::string test_source(const std::string& name, int* n) {
  *n = vector_size(name);
  TestSource source(*n);
  std::string x = "%x";
  if (name == "branches") {
    std::string sum;
    for (int branch = 0; branch < 4; ++branch) {
      std::string y = sum.empty() ? "%x" : source.add("%x", sum);
      for (int i = 0; i <= branch; ++i) y = source.layer(y);
      sum = sum.empty() ? y : source.add(sum, source.layer(y));
    }
    return source.text(sum);
  }
  const int layers = name == "tiny320" ? 320 : name == "tiny40" ? 40 : name == "matmul" ? 3 : 8;
  for (int i = 0; i < layers; ++i) x = source.layer(x);
  return source.text(x);
}

// Path of the compiled module, cached in the build directory's temporary files; empty
// when the compiler is missing or fails.
inline std::string compile_test_module(const std::string& name) {
  int n = 0;
  const std::string source = test_source(name, &n);
  const std::string stem = (std::filesystem::temp_directory_path() /
                            ("takt-hal-" + name + "-" + content_hash(source).substr(0, 12)))
                               .string();
  const std::string vmfb = stem + ".vmfb";
  if (std::filesystem::exists(vmfb)) return vmfb;
  const std::string unique = stem + "-" + std::to_string(getpid());
  std::ofstream(unique + ".mlir") << source;
  const std::string command =
      std::string(TAKT_VENV) + "/bin/iree-compile " + unique +
      ".mlir --iree-hal-target-device=local --iree-hal-local-target-device-backends=llvm-cpu "
      "--iree-llvmcpu-target-cpu=host --iree-execution-model=async-external -o " + unique + ".vmfb";
  const int code = std::system(command.c_str());
  std::filesystem::remove(unique + ".mlir");
  if (code != 0) return "";
  std::filesystem::rename(unique + ".vmfb", vmfb);
  return vmfb;
}

class TestModule {
 public:
  enum class Stock { kLocalSync, kLocalTask };

  TestModule(const DeviceOptions& options, const std::string& vmfb) {
    Result<iree_hal_device_t*> made = create_device(options, &params(), iree_allocator_system());
    if (!made.ok()) {
      error_ = made.error().message;
      return;
    }
    device_ = *made;
    load(vmfb);
  }
  TestModule(Stock stock, const std::string& vmfb, int workers = 1) {
    if (!check(create_stock(stock, workers))) return;
    load(vmfb);
  }
  ~TestModule() {
    iree_vm_list_release(inputs_);
    iree_vm_list_release(outputs_);
    iree_hal_semaphore_release(timeline_);
    iree_vm_context_release(context_);
    iree_vm_module_release(module_);
    iree_vm_module_release(hal_module_);
    iree_hal_device_group_release(group_);
    iree_hal_device_release(device_);
    iree_vm_instance_release(instance_);
  }
  TestModule(const TestModule&) = delete;

  const std::string& error() const { return error_; }
  iree_hal_device_t* device() const { return device_; }
  DeviceControl* control() const { return device_control(device_); }

  // Submits one call; the number to wait for.
  uint64_t submit() {
    iree_hal_fence_t* fence = nullptr;
    check(iree_hal_fence_create_at(timeline_, ++calls_, iree_allocator_system(), &fence));
    iree_vm_ref_t ref = iree_hal_fence_move_ref(fence);
    check(iree_vm_list_set_ref_move(inputs_, 3, &ref));
    check(iree_vm_list_resize(outputs_, 0));
    check(iree_vm_invoke(context_, function_, IREE_VM_INVOCATION_FLAG_NONE, nullptr, inputs_,
                         outputs_, iree_allocator_system()));
    return calls_;
  }
  bool wait(uint64_t call) {
    return check(iree_hal_semaphore_wait(timeline_, call, iree_infinite_timeout(),
                                         IREE_ASYNC_WAIT_FLAG_NONE));
  }
  std::vector<uint8_t> output() {
    auto* view = static_cast<iree_hal_buffer_view_t*>(iree_vm_list_get_ref_deref(
        outputs_, 0, iree_hal_buffer_view_type()));
    if (!view) return {};
    std::vector<uint8_t> bytes(iree_hal_buffer_view_byte_length(view));
    check(iree_hal_buffer_map_read(iree_hal_buffer_view_buffer(view), 0, bytes.data(),
                                   bytes.size()));
    return bytes;
  }
  // One call with inputs of `seed`; the output's bytes.
  std::vector<uint8_t> call(uint64_t seed) {
    if (!error_.empty() || !make_inputs(seed)) return {};
    return wait(submit()) ? output() : std::vector<uint8_t>();
  }
  bool make_inputs(uint64_t seed) {
    Rng rng(seed);
    check(iree_vm_list_resize(inputs_, 0));
    push(rng, {size_});
    push(rng, {size_, size_});
    return check(iree_vm_list_resize(inputs_, 4));
  }

  static const iree_hal_device_create_params_t& params() {
    static const iree_hal_device_create_params_t made = [] {
      iree_hal_device_create_params_t fresh = iree_hal_device_create_params_default();
      IREE_CHECK_OK(iree_async_proactor_pool_create(
          1, nullptr, iree_async_proactor_pool_options_default(), iree_allocator_system(),
          &fresh.proactor_pool));
      return fresh;
    }();
    return made;
  }

 private:
  bool check(iree_status_t status) {
    if (iree_status_is_ok(status)) return true;
    char* text = nullptr;
    iree_host_size_t length = 0;
    iree_allocator_t allocator = iree_allocator_system();
    if (iree_status_to_string(status, &allocator, &text, &length)) {
      error_.assign(text, length);
      iree_allocator_free(allocator, text);
    } else {
      error_ = "failed";
    }
    iree_status_free(status);
    return false;
  }

  iree_status_t create_stock(Stock stock, int workers) {
    iree_hal_executable_loader_t* loaders[8] = {};
    iree_host_size_t count = 0;
    iree_hal_allocator_t* heap = nullptr;
    iree_allocator_t system = iree_allocator_system();
    IREE_RETURN_IF_ERROR(
        iree_hal_create_all_available_executable_loaders(nullptr, 8, &count, loaders, system));
    IREE_RETURN_IF_ERROR(iree_hal_allocator_create_heap(iree_make_cstring_view("local"), system,
                                                        system, &heap));
    iree_hal_driver_t* driver = nullptr;
    iree_status_t status;
    if (stock == Stock::kLocalSync) {
      iree_hal_sync_device_params_t sync;
      iree_hal_sync_device_params_initialize(&sync);
      status = iree_hal_sync_driver_create(iree_make_cstring_view("local-sync"), &sync, count,
                                           loaders, heap, system, &driver);
    } else {
      iree_task_executor_options_t options;
      iree_task_executor_options_initialize(&options);
      iree_task_topology_t topology;
      iree_task_topology_initialize_from_group_count(iree_host_size_t(workers), &topology);
      iree_task_executor_t* executor = nullptr;
      status = iree_task_executor_create(options, &topology, system, &executor);
      iree_task_topology_deinitialize(&topology);
      iree_hal_task_device_params_t task;
      iree_hal_task_device_params_initialize(&task);
      if (iree_status_is_ok(status))
        status = iree_hal_task_driver_create(iree_make_cstring_view("local-task"), &task, 1,
                                             &executor, count, loaders, heap, system, &driver);
      iree_task_executor_release(executor);
    }
    if (iree_status_is_ok(status))
      status = iree_hal_driver_create_default_device(driver, &params(), system, &device_);
    iree_hal_driver_release(driver);
    iree_hal_allocator_release(heap);
    for (iree_host_size_t i = 0; i < count; ++i) iree_hal_executable_loader_release(loaders[i]);
    return status;
  }

  void load(const std::string& vmfb) {
    iree_allocator_t system = iree_allocator_system();
    size_ = iree_hal_dim_t(vector_size(vmfb));
    std::ifstream file(vmfb, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    iree_async_frontier_tracker_options_t tracker_options =
        iree_async_frontier_tracker_options_default();
    iree_async_frontier_tracker_t* tracker = nullptr;
    if (!check(iree_async_frontier_tracker_create(tracker_options, system, &tracker))) return;
    const bool grouped =
        check(iree_hal_device_group_create_from_device(device_, tracker, system, &group_));
    iree_async_frontier_tracker_release(tracker);
    if (!grouped) return;
    if (!check(iree_vm_instance_create(IREE_VM_TYPE_CAPACITY_DEFAULT, system, &instance_)) ||
        !check(iree_hal_module_register_all_types(instance_)) ||
        !check(iree_hal_module_create(instance_, iree_hal_module_device_policy_default(), group_,
                                      IREE_HAL_MODULE_FLAG_NONE,
                                      iree_hal_module_debug_sink_null(), system, &hal_module_)) ||
        !check(iree_vm_bytecode_module_create(
            instance_, IREE_VM_BYTECODE_MODULE_FLAG_NONE,
            iree_make_const_byte_span(bytes_.data(), bytes_.size()), iree_allocator_null(), system,
            &module_)))
      return;
    iree_vm_module_t* modules[] = {hal_module_, module_};
    if (!check(iree_vm_context_create_with_modules(instance_, IREE_VM_CONTEXT_FLAG_NONE, 2,
                                                   modules, system, &context_)) ||
        !check(iree_vm_module_lookup_function_by_name(module_, IREE_VM_FUNCTION_LINKAGE_EXPORT,
                                                      iree_make_cstring_view("main"),
                                                      &function_)) ||
        !check(iree_vm_list_create(iree_vm_make_undefined_type_def(), 4, system, &inputs_)) ||
        !check(iree_vm_list_create(iree_vm_make_undefined_type_def(), 1, system, &outputs_)))
      return;
    check(iree_hal_semaphore_create(device_, IREE_HAL_QUEUE_AFFINITY_ANY, 0,
                                    IREE_HAL_SEMAPHORE_FLAG_DEFAULT, &timeline_));
  }

  void push(Rng& rng, std::vector<iree_hal_dim_t> dims) {
    size_t count = 1;
    for (iree_hal_dim_t dim : dims) count *= dim;
    std::vector<float> values(count);
    // Keeps the norm of the vector through any number of layers.
    const double scale = dims.size() == 1 ? 1.0 : 2.6 / std::sqrt(double(size_));
    for (float& value : values) value = float((2 * rng.unit() - 1) * scale);
    iree_hal_buffer_params_t buffer_params = {};
    buffer_params.type =
        IREE_HAL_MEMORY_TYPE_DEVICE_LOCAL | IREE_HAL_MEMORY_TYPE_HOST_VISIBLE;
    buffer_params.usage = IREE_HAL_BUFFER_USAGE_DEFAULT | IREE_HAL_BUFFER_USAGE_MAPPING;
    iree_hal_buffer_view_t* view = nullptr;
    if (!check(iree_hal_buffer_view_allocate_buffer_copy(
            device_, iree_hal_device_allocator(device_), dims.size(), dims.data(),
            IREE_HAL_ELEMENT_TYPE_FLOAT_32, IREE_HAL_ENCODING_TYPE_DENSE_ROW_MAJOR, buffer_params,
            iree_make_const_byte_span(values.data(), values.size() * sizeof(float)), &view)))
      return;
    iree_vm_ref_t ref = iree_hal_buffer_view_move_ref(view);
    check(iree_vm_list_push_ref_move(inputs_, &ref));
  }

  std::string error_;
  std::string bytes_;
  iree_hal_dim_t size_ = 64;
  uint64_t calls_ = 0;
  iree_hal_device_t* device_ = nullptr;
  iree_hal_device_group_t* group_ = nullptr;
  iree_vm_instance_t* instance_ = nullptr;
  iree_vm_module_t* hal_module_ = nullptr;
  iree_vm_module_t* module_ = nullptr;
  iree_vm_context_t* context_ = nullptr;
  iree_vm_function_t function_{};
  iree_vm_list_t* inputs_ = nullptr;
  iree_vm_list_t* outputs_ = nullptr;
  iree_hal_semaphore_t* timeline_ = nullptr;
};

}  // namespace takt
