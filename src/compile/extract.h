// Module IR -> dispatch graph. The stream phase says what each operation touches; the host
// code of the hal phase says what the driver will see. A function where the two disagree, or
// that cannot be known ahead of time, gets plannable = false and the reason.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "compile/host_commands.h"
#include "compile/ir.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

// What is read from the stream phase, which the next phase consumes.
class StreamGraph {
 public:
  // `kernel_salt`: what a kernel's machine code depends on besides its IR.
  static StreamGraph extract(Op module, const std::string& kernel_salt);

  // Joins it with the hal phase: entries, binaries, workgroup counts; sets plannable.
  // `vmfb` must hold the binaries' bytes. Fills module_name, kernels and functions.
  Result<DispatchGraph> join(const std::map<std::string, HostFunction>& host,
                             const std::map<std::string, std::string>& binaries,
                             const std::string& vmfb) &&;

  // The kernel content hash of every operation, "" for fills and copies; by function.
  std::map<std::string, std::vector<std::string>> kernel_hashes() const;

 private:
  struct StreamFunction {
    GraphFunction function;
    std::vector<std::string> hashes;        // per operation, "" if not a dispatch
    std::vector<std::string> executables;   // per operation: symbol before linking
    std::vector<std::string> entries;
  };

  using AddKernel =
      std::function<std::optional<KernelId>(const HostCommand&, const std::string& hash)>;
  static std::string match(StreamFunction& stream, const HostFunction& host,
                           const AddKernel& add_kernel);

  friend class FunctionReader;
  std::string module_name_;
  std::vector<StreamFunction> functions_;
};

// The dispatches of a public function in the order of its operations' indices; null Ops
// stand for fills and copies.
std::vector<Op> operations_in_order(Op function);

// The public functions of a module with a body.
std::vector<Op> exported_functions(Op module);

}  // namespace takt::compile
