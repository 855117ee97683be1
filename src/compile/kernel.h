// What a kernel touches of each of its bindings, read from the stream-phase IR: constant
// subspan offsets, static tensor sizes and the slices of its loads and stores.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "compile/constant.h"
#include "compile/ir.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

// A use of one binding, in bytes from the start of the binding.
struct KernelUse {
  size_t binding = 0;
  ByteRange range;
  bool to_end = false;   // the range's length is not known: up to the binding's end
  bool reads = false;
  bool writes = false;
  bool covers = false;   // contiguous: a write leaves no byte of the range as it was
};

struct KernelUses {
  std::vector<KernelUse> uses;
  bool known = false;    // false: no IR to look into, or something the analysis cannot follow
};

// `executable` and `entry` name the stream.executable and its export; `operands` are the
// dispatch's scalar operands where they are constant.
KernelUses kernel_uses(Op module, const std::string& executable, const std::string& entry,
                       const std::vector<std::optional<int64_t>>& operands);

// The kernel's own IR without the names its place in the module gave it: the same text for
// the same kernel in any module. Empty if there is no such kernel.
std::string kernel_text(Op module, const std::string& executable, const std::string& entry);

}  // namespace takt::compile
