#include "compile/extract.h"

#include <algorithm>
#include <set>

#include "base/content_hash.h"
#include "compile/constant.h"
#include "compile/declaration.h"
#include "compile/dependencies.h"
#include "compile/kernel.h"
#include "compile/resources.h"
#include "compile/stream_commands.h"

namespace takt::compile {
namespace {

// Bits of stream's resource_accesses.
constexpr int64_t kReadBit = 1, kWriteBit = 2;

}  // namespace

// Reads one function of the stream phase into a StreamFunction.
class FunctionReader {
 public:
  FunctionReader(Op module, Op function, std::map<std::string, std::string>& kernel_hashes,
                 const std::string& salt)
      : module_(module), function_(function), kernel_hashes_(kernel_hashes), salt_(salt),
        resources_(function) {}

  StreamGraph::StreamFunction read() {
    GraphFunction& out = result_.function;
    out.name = function_.attr("sym_name").as_string();
    out.declaration = declaration_of(function_);
    const StreamCommands commands = stream_commands(function_);
    out.regions = static_cast<uint32_t>(commands.regions.size());
    fail(commands.problem);
    note_calls();
    for (const StreamCommand& command : commands.commands) read_command(command);
    out.resources = resources_.list();
    close_ranges();
    add_dependencies(out.ops, details_, resources_);
    order_regions(commands.regions);
    if (out.regions == 0) fail("it has no dispatches of its own");
    if (!out.reason.empty()) forget_operations();
    return std::move(result_);
  }

 private:
  void fail(const std::string& reason) {
    if (result_.function.reason.empty()) result_.function.reason = reason;
  }

  // What cannot be planned is not listed: half a graph is worse than none.
  void forget_operations() {
    result_.function.ops.clear();
    result_.function.resources.clear();
    result_.hashes.clear();
    result_.executables.clear();
    result_.entries.clear();
  }

  void note_calls() {
    function_.walk([&](Op op) {
      if (!op.is("util.call")) return;
      const std::string callee = op.attr("callee").symbol_root();
      const Op target = find_symbol(module_, "util.func", callee);
      const bool imported = !target || target.blocks().empty();
      if (!imported) fail("it calls @" + callee + ": plan that function instead");
    });
  }

  void read_command(const StreamCommand& command) {
    GraphOp op;
    op.region = command.region;
    op.position = command.position;
    op.wave = command.wave;
    std::vector<AccessDetail> details;
    std::string hash, executable, entry;
    if (command.op.is("stream.cmd.fill")) read_fill(command.op, op, details);
    else if (command.op.is("stream.cmd.copy")) read_copy(command.op, op, details);
    else read_dispatch(command.op, op, details, executable, entry);
    if (op.kind == OpKind::kDispatch) hash = hash_of(executable, entry);
    result_.function.ops.push_back(std::move(op));
    details_.push_back(std::move(details));
    result_.hashes.push_back(hash);
    result_.executables.push_back(executable);
    result_.entries.push_back(entry);
  }

  void read_fill(Op fill, GraphOp& op, std::vector<AccessDetail>& details) {
    op.kind = OpKind::kFill;  // target, target size, offset, length, value
    op.bytes = constant_or_fail(fill.operand(3), "the length of a fill");
    add(op, details, fill.operand(0), fill.operand(2), {0, op.bytes}, false, true, true, true);
  }

  void read_copy(Op copy, GraphOp& op, std::vector<AccessDetail>& details) {
    op.kind = OpKind::kCopy;  // source, size, offset, target, size, offset, length
    op.bytes = constant_or_fail(copy.operand(6), "the length of a copy");
    add(op, details, copy.operand(0), copy.operand(2), {0, op.bytes}, true, false, true, true);
    add(op, details, copy.operand(3), copy.operand(5), {0, op.bytes}, false, true, true, true);
  }

  void read_dispatch(Op dispatch, GraphOp& op, std::vector<AccessDetail>& details,
                     std::string& executable, std::string& entry) {
    const std::vector<Attr> entries = dispatch.attr("entry_points").elements();
    if (entries.size() != 1) return fail("a dispatch has variants for several devices");
    executable = entries[0].symbol_root();
    entry = entries[0].symbol_leaf();
    std::vector<std::optional<int64_t>> operands;
    for (const Value operand : dispatch.segment(1)) operands.push_back(constant_of(operand));
    const KernelUses kernel = kernel_uses(module_, executable, entry, operands);
    const std::vector<Value> buffers = dispatch.segment(2), offsets = dispatch.segment(4),
                             lengths = dispatch.segment(5);
    const std::vector<int64_t> accesses = dispatch.attr("resource_accesses").as_ints();
    for (size_t i = 0; i < buffers.size(); ++i) {
      const int64_t length = constant_or_fail(lengths[i], "the size of a binding");
      const bool reads = accesses[i] & kReadBit, writes = accesses[i] & kWriteBit;
      if (!kernel.known) {
        add(op, details, buffers[i], offsets[i], {0, length}, reads, writes, false, false);
        continue;
      }
      for (KernelUse use : kernel.uses) {
        if (use.binding != i) continue;
        if (use.to_end) use.range.length = length - use.range.offset;
        const bool inside = use.range.offset >= 0 && use.range.length >= 0 &&
                            use.range.offset + use.range.length <= length;
        if (!inside) use.range = {0, length};
        add(op, details, buffers[i], offsets[i], use.range, use.reads && reads,
            use.writes && writes, inside && !use.to_end, inside && use.covers);
      }
    }
  }

  // `range` counts from `offset` of `buffer`.
  void add(GraphOp& op, std::vector<AccessDetail>& details, Value buffer, Value offset,
           ByteRange range, bool reads, bool writes, bool exact, bool covers) {
    const TracedResource traced = resources_.trace(buffer);
    const int64_t start = constant_or_fail(offset, "the offset of a binding");
    if (!reads && !writes) return;
    range.offset += start + traced.offset;
    op.accesses.push_back({traced.root, range, reads, writes, exact && traced.known});
    details.push_back({covers && traced.known, traced.known});
  }

  // Ranges of buffers with an unknown offset: the whole resource, if its size is known.
  void close_ranges() {
    for (size_t i = 0; i < result_.function.ops.size(); ++i) {
      for (size_t a = 0; a < details_[i].size(); ++a) {
        if (details_[i][a].located) continue;
        Access& access = result_.function.ops[i].accesses[a];
        const int64_t size = result_.function.resources[access.resource].size;
        access.range = size >= 0 ? ByteRange{0, size} : ByteRange{0, access.range.length};
      }
    }
  }

  int64_t constant_or_fail(Value value, const char* what) {
    const std::optional<int64_t> constant = constant_of(value);
    if (!constant) fail(std::string("dynamic shapes: ") + what + " is computed at run time");
    return constant.value_or(0);
  }

  std::string hash_of(const std::string& executable, const std::string& entry) {
    const std::string name = executable + "::" + entry;
    auto [found, is_new] = kernel_hashes_.emplace(name, "");
    if (is_new)
      found->second = content_hash(kernel_text(module_, executable, entry) + "\n" + salt_);
    return found->second;
  }

  // Which regions the host submits only after another is done, or on its signal.
  void order_regions(const std::vector<Op>& regions) {
    std::vector<std::set<uint32_t>> after(regions.size());
    std::set<uint32_t> awaited;  // by the host itself, in program order
    uint32_t region = 0;
    for (const Op op : ops_of(function_.blocks()[0])) {
      if (op.is("stream.timepoint.await")) {
        for (const Value operand : op.operands()) collect(operand, regions, awaited);
      } else if (op.is("stream.cmd.execute")) {
        after[region] = awaited;
        for (const Value operand : op.segment(2)) collect(operand, regions, after[region]);
        ++region;
      }
    }
    for (uint32_t later = 0; later < after.size(); ++later)
      for (const uint32_t earlier : after[later])
        add_region_order(result_.function.ops, earlier, later);
  }

  // Regions whose completion the timepoint `value` stands for or follows.
  void collect(Value value, const std::vector<Op>& regions, std::set<uint32_t>& found) {
    if (value.is_block_argument() || value.type() != "!stream.timepoint") return;
    const Op op = value.definer();
    const auto region = std::find(regions.begin(), regions.end(), op);
    if (region != regions.end()) found.insert(static_cast<uint32_t>(region - regions.begin()));
    for (const Value operand : op.operands()) collect(operand, regions, found);
  }

  Op module_;
  Op function_;
  std::map<std::string, std::string>& kernel_hashes_;
  const std::string& salt_;
  Resources resources_;
  OpDetails details_;
  StreamGraph::StreamFunction result_;
};

std::vector<Op> exported_functions(Op module) {
  std::vector<Op> functions;
  for (const MlirBlock body : module.blocks()) {
    for (const Op op : ops_of(body)) {
      if (!op.is("util.func") || op.blocks().empty()) continue;
      const std::string visibility = op.attr("sym_visibility").as_string();
      if (visibility.empty() || visibility == "public") functions.push_back(op);
    }
  }
  return functions;
}

std::vector<Op> operations_in_order(Op function) {
  std::vector<Op> list;
  for (const StreamCommand& command : stream_commands(function).commands)
    list.push_back(command.op.is("stream.cmd.dispatch") ? command.op : Op());
  return list;
}

StreamGraph StreamGraph::extract(Op module, const std::string& kernel_salt) {
  StreamGraph graph;
  graph.module_name_ = module.attr("sym_name").as_string();
  if (graph.module_name_.empty()) graph.module_name_ = "module";
  std::string salt = kernel_salt;
  module.walk([&](Op op) {  // the devices, with every resolved target feature
    if (op.is("util.global") && op.attr("type").print() == "!hal.device")
      salt += "\n" + op.attr("initial_value").print();
  });
  std::map<std::string, std::string> kernel_hashes;
  for (const Op function : exported_functions(module))
    graph.functions_.push_back(FunctionReader(module, function, kernel_hashes, salt).read());
  return graph;
}

std::map<std::string, std::vector<std::string>> StreamGraph::kernel_hashes() const {
  std::map<std::string, std::vector<std::string>> hashes;
  for (const StreamFunction& function : functions_)
    hashes[function.function.name] = function.hashes;
  return hashes;
}

}  // namespace takt::compile
