#include "compile/resources.h"

#include "compile/constant.h"

namespace takt::compile {
namespace {

std::string key_of(Value value) {
  return std::to_string(reinterpret_cast<uintptr_t>(value.key()));
}

// "!stream.resource<transient>" -> "transient"
std::string lifetime_of(Value value) {
  const std::string type = value.type();
  const size_t open = type.find('<');
  if (open == std::string::npos || type.rfind("!stream.resource<", 0) != 0) return "buffer";
  return type.substr(open + 1, type.find('>') - open - 1);
}

int64_t size_or_unknown(const std::vector<Value>& operands, size_t index) {
  if (index >= operands.size()) return -1;
  return constant_of(operands[index]).value_or(-1);
}

}  // namespace

Resources::Resources(Op function) : function_(function) {
  // A global that is stored may be the stored buffer when it is loaded again.
  function.walk([&](Op op) {
    if (!op.is("util.global.store")) return;
    if (op.operand(0).type().rfind("!stream.resource<", 0) != 0) return;
    const uint32_t stored = trace(op.operand(0)).root;
    const std::string global = op.attr("global").symbol_root();
    const uint32_t loaded = root_of("@" + global, "@" + global, -1, false);
    const uint32_t from = roots_[stored].group, to = roots_[loaded].group;
    for (Root& root : roots_)
      if (root.group == from) root.group = to;
  });
}

uint32_t Resources::root_of(const std::string& key, const std::string& role, int64_t size,
                            bool opaque) {
  const auto [found, is_new] = by_key_.emplace(key, static_cast<uint32_t>(resources_.size()));
  if (!is_new) {
    if (resources_[found->second].size < 0) resources_[found->second].size = size;
    return found->second;
  }
  const int number = role_counts_[role]++;
  const bool unique = role[0] == '@' || role.rfind("arg", 0) == 0;
  resources_.push_back({unique ? role : role + std::to_string(number), size});
  roots_.push_back({found->second, opaque});
  return found->second;
}

TracedResource Resources::trace(Value value) {
  if (!value.is_block_argument()) return trace_definer(value);
  const Op owner(compiler_api().mlirBlockGetParentOperation(value.argument_owner()));
  if (owner.is("stream.cmd.execute")) {
    const Value captured = owner.segment(0)[value.argument_number()];
    const TracedResource traced = trace(captured);
    const bool whole = captured.is_block_argument() ||
                       !captured.definer().is("stream.resource.subview");
    int64_t& size = resources_[traced.root].size;
    if (whole && size < 0)
      size = constant_of(owner.segment(1)[value.argument_number()]).value_or(-1);
    return traced;
  }
  return {root_of(key_of(value), "opaque", -1, true), 0, false};
}

TracedResource Resources::trace_definer(Value value) {
  const Op op = value.definer();
  const std::vector<Value> operands = op.operands();
  if (op.is("stream.resource.subview")) {
    TracedResource traced = trace(operands[0]);
    const std::optional<int64_t> offset = constant_of(operands[2]);
    traced.known = traced.known && offset.has_value();
    traced.offset += offset.value_or(0);
    return traced;
  }
  if (op.is("stream.timepoint.await")) return trace(op.segment(0)[value.result_number()]);
  if (op.is("stream.resource.alloca") || op.is("stream.resource.alloc")) {
    const std::string lifetime = lifetime_of(value);
    return {root_of(key_of(value), lifetime == "external" ? "result" : lifetime,
                    size_or_unknown(operands, 0), false)};
  }
  if (op.is("util.global.load")) {
    const std::string global = op.attr("global").symbol_root();
    const bool constant = lifetime_of(value) == "constant";
    return {root_of("@" + global, constant ? "constant" : "@" + global, -1, false)};
  }
  if (op.is("stream.tensor.import") && operands[0].is_block_argument() &&
      operands[0].argument_owner().ptr == function_.blocks()[0].ptr) {
    return {root_of("import " + key_of(operands[0]),
                    "arg" + std::to_string(operands[0].argument_number()),
                    size_or_unknown(operands, operands.size() - 1), false)};
  }
  return {root_of(key_of(value), "opaque", -1, true), 0, false};
}

Resources::Alias Resources::alias(uint32_t a, uint32_t b) const {
  if (a == b) return roots_[a].opaque ? Alias::kUnknownBytes : Alias::kSameBytes;
  if (roots_[a].opaque || roots_[b].opaque) return Alias::kUnknownBytes;
  return roots_[a].group == roots_[b].group ? Alias::kUnknownBytes : Alias::kNever;
}

}  // namespace takt::compile
