// DispatchGraph: what one compiled module does, as the compiler saw it: for every
// exported function its dispatches, fills and copies in command-buffer order, with
// the bytes they touch and every true, anti and output dependency.
//
// Written by compile/ as JSON beside the .vmfb; read by the planner and by the HAL
// driver, which finds the operations of a command buffer in it by binary hash, entry
// and position. Invariants (checked by the reader): deps point backwards; indices are
// in range; byte ranges lie inside their resource when its size is known.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace takt {

struct Kernel {
  std::string entry;          // name of the export in the linked executable
  std::string content_hash;   // of the kernel's own IR, compiler version and target flags:
                              // equal hash, equal machine code, whatever module it sits in
  std::string binary_hash;    // content_hash() of the executable's bytes, as the HAL gets them
};

enum class OpKind { kDispatch, kFill, kCopy };
std::string_view name_of(OpKind kind);

struct ByteRange {
  int64_t offset = 0;
  int64_t length = 0;
  bool overlaps(const ByteRange& other) const {
    return offset < other.offset + other.length && other.offset < offset + length;
  }
};

struct Access {
  uint32_t resource = 0;      // index into GraphFunction::resources
  ByteRange range;
  bool reads = false;
  bool writes = false;
  bool exact = false;         // narrowed to what the kernel touches; else the whole binding
};

// Read after write, write after read, write after write; kOrder: no shared bytes, but the
// host waits for the earlier operation's command buffer before it issues the later one's.
enum class DependencyKind { kTrue, kAnti, kOutput, kOrder };
std::string_view name_of(DependencyKind kind);

struct Dependency {
  uint32_t op = 0;            // index of the earlier operation in the same function
  DependencyKind kind = DependencyKind::kTrue;
  int64_t bytes = 0;          // overlap; what a transfer between clusters would move
};

struct GraphOp {
  OpKind kind = OpKind::kDispatch;
  KernelId kernel;                            // dispatches only
  std::array<uint32_t, 3> workgroups{1, 1, 1};
  int64_t bytes = 0;                          // fills and copies: bytes written
  uint32_t region = 0;                        // execute region in the function: one command
                                              // buffer, or a queue fill/copy if that is all of it
  uint32_t position = 0;                      // among the region's commands, barriers not counted
  uint32_t wave = 0;                          // index of the concurrent group it sits in
  std::vector<Access> accesses;
  std::vector<Dependency> deps;               // sorted by op, at most one entry per op and kind
};

struct GraphResource {
  std::string name;           // SSA name or role: "arg0", "result0", "transient0", "constant0"
  int64_t size = -1;          // bytes, -1 unknown
};

struct GraphFunction {
  std::string name;           // exported name, "main"
  std::string declaration;    // iree.abi.declaration, for people
  bool plannable = false;
  std::string reason;         // why not plannable; empty otherwise
  uint32_t regions = 0;
  std::vector<GraphResource> resources;
  std::vector<GraphOp> ops;
};

struct DispatchGraph {
  std::string module_name;         // IR module name
  std::string source;              // path of the .mlir as given
  std::string vmfb;                // file name of the .vmfb, relative to the graph file
  std::string vmfb_hash;           // content_hash() of the .vmfb
  std::string compiler_version;
  std::string inputs_hash;         // of source, compiler and flags: equal, nothing to recompile
  std::vector<std::string> flags;
  std::vector<Kernel> kernels;
  std::vector<GraphFunction> functions;

  // The function of this name; where the compiler split it into a blocking wrapper and the
  // asynchronous function that does the work (`main` and `main$async`: torch and ONNX
  // imports), the latter. Null if there is neither.
  const GraphFunction* find(std::string_view function) const;
};

// What identifies the cost of an operation: the kernel's content hash, or "fill"/"copy"
// with the byte count standing for the workgroup count: {bytes, 1, 1} below 4 GiB.
struct CostSubject {
  std::string kernel_hash;
  std::array<uint32_t, 3> workgroups{1, 1, 1};
};
CostSubject cost_subject(const DispatchGraph& graph, const GraphOp& op);

Result<DispatchGraph> read_graph(const std::string& path);
Result<DispatchGraph> parse_graph(std::string_view text, const std::string& path);
std::string write_graph(const DispatchGraph& graph);

}  // namespace takt
