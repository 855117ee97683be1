// Session: the modules of one task loaded into a VM context on a device. Call: one
// function of it with fixed inputs, invoked again and again without allocating inputs.
//
// Calls are numbered from 1 along the call's timeline semaphore: call n waits for
// nothing (its wait fence is empty unless given) and signals n. Works the same on every
// device. Not thread-safe: one thread at a time uses a session and its calls; different
// sessions on one device may run at the same time.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/device.h"
#include "app/iree_ptr.h"
#include "base/nanos.h"
#include "base/result.h"

namespace takt {

class Session {
 public:
  // Loads `vmfb_paths` in order (a module may import functions of earlier ones).
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<Device> device,
                                                 const std::vector<std::string>& vmfb_paths);

  // The function `name` of the last module that exports it; its asynchronous form
  // ("main$async") when there is one.
  Result<iree_vm_function_t> find(const std::string& name) const;
  // The exported functions of the last module, initializers left out.
  std::vector<std::string> exports() const;

  Device& device() const { return *device_; }
  iree_vm_context_t* context() const { return context_.get(); }

 private:
  Session() = default;

  std::shared_ptr<Device> device_;
  std::vector<VmModulePtr> modules_;   // bytecode modules in load order
  VmContextPtr context_;
};

class Call {
 public:
  // Inputs are filled with values drawn from `seed`: floats in [-1, 1), integers small.
  // `declaration` (GraphFunction::declaration) tells their types for functions that do
  // not carry it themselves; empty: the function must.
  static Result<std::unique_ptr<Call>> create(Session& session, const std::string& function,
                                              uint64_t seed, const std::string& declaration = "");

  // Invokes the function: on an asynchronous module it returns when the work is
  // submitted. The call's number is calls() afterwards.
  Status submit();
  // Blocks until call number `call` is complete, at most `timeout`; its error if it
  // failed. On takt devices the waiting thread helps with the work.
  Status wait(uint64_t call, Nanos timeout = seconds(60));
  Status run() {
    TAKT_TRY(submit());
    return wait(calls_);
  }

  uint64_t calls() const { return calls_; }
  iree_hal_semaphore_t* timeline() const { return timeline_.get(); }
  Session& session() const { return *session_; }

  // The bytes of every output of the last call, each prefixed by its type ("1x4xf32=").
  // REQUIRES: the last call is complete.
  Result<std::vector<std::string>> outputs() const;

 private:
  Call() = default;
  Status create_inputs(const std::string& declaration, uint64_t seed);
  Status push_fences();

  Session* session_ = nullptr;
  std::string name_;
  iree_vm_function_t function_{};
  bool asynchronous_ = false;
  VmListPtr inputs_;
  VmListPtr outputs_;
  iree_host_size_t fence_index_ = 0;   // of the wait fence in inputs_; the signal fence follows
  SemaphorePtr timeline_;
  uint64_t calls_ = 0;
};

}  // namespace takt
