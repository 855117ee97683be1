// The buffers of one function: traces every resource value to the allocation, argument or
// global it comes from, so that ranges of different values can be compared.
//
// Two resources may alias if they are the same root, if a global passes from one to the
// other, or if either cannot be traced (opaque). As in IREE itself, different function
// arguments and different allocations do not overlap.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "compile/ir.h"
#include "model/dispatch_graph.h"

namespace takt::compile {

struct TracedResource {
  uint32_t root = 0;     // index into resources()
  int64_t offset = 0;    // of the value's first byte in the root
  bool known = true;     // false: the offset is not constant
};

class Resources {
 public:
  // `function` is a util.func of the stream phase.
  explicit Resources(Op function);

  // `value` is a !stream.resource outside or inside an execute region of the function.
  TracedResource trace(Value value);

  enum class Alias { kNever, kSameBytes, kUnknownBytes };
  Alias alias(uint32_t a, uint32_t b) const;

  const std::vector<GraphResource>& list() const { return resources_; }

 private:
  struct Root {
    uint32_t group;      // global or allocation it may be the same buffer as
    bool opaque = false;
  };

  uint32_t root_of(const std::string& key, const std::string& role, int64_t size, bool opaque);
  TracedResource trace_definer(Value value);

  Op function_;
  std::vector<GraphResource> resources_;
  std::vector<Root> roots_;
  std::map<std::string, uint32_t> by_key_;
  std::map<std::string, int> role_counts_;
};

}  // namespace takt::compile
