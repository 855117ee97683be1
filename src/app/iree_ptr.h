// IreePtr<T>: owns one reference of an IREE reference-counted object, given its
// release function; and the bridge from iree_status_t to Status.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "iree/base/api.h"
#include "iree/hal/api.h"
#include "iree/vm/api.h"

namespace takt {

template <auto kRelease>
struct IreeRelease {
  template <class T>
  void operator()(T* object) const { kRelease(object); }
};
template <class T, auto kRelease>
using IreePtr = std::unique_ptr<T, IreeRelease<kRelease>>;

using DevicePtr = IreePtr<iree_hal_device_t, iree_hal_device_release>;
using SemaphorePtr = IreePtr<iree_hal_semaphore_t, iree_hal_semaphore_release>;
using FencePtr = IreePtr<iree_hal_fence_t, iree_hal_fence_release>;
using VmInstancePtr = IreePtr<iree_vm_instance_t, iree_vm_instance_release>;
using VmModulePtr = IreePtr<iree_vm_module_t, iree_vm_module_release>;
using VmContextPtr = IreePtr<iree_vm_context_t, iree_vm_context_release>;
using VmListPtr = IreePtr<iree_vm_list_t, iree_vm_list_release>;

// The message of `status` (which is consumed), prefixed by `what`.
Error iree_error(iree_status_t status, const std::string& what);

inline Status to_status(iree_status_t status, const std::string& what) {
  if (iree_status_is_ok(status)) return {};
  return iree_error(status, what);
}

inline iree_string_view_t iree_sv(std::string_view text) {
  return iree_make_string_view(text.data(), text.size());
}
inline std::string_view std_sv(iree_string_view_t text) { return {text.data, text.size}; }

}  // namespace takt

// Returns from the enclosing function when an IREE call fails.
#define TAKT_TRY_IREE(expression, what) TAKT_TRY(::takt::to_status((expression), (what)))
