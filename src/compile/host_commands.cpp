#include "compile/host_commands.h"

#include <limits>

#include "compile/constant.h"

namespace takt::compile {
namespace {

constexpr std::string_view kPrefix = "hal.command_buffer.";

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The hal.command_buffer.create a command buffer value comes from, through the memoizing
// globals and functions the compiler puts in between; null if there is no single one.
Op creator_of(Op module, Value buffer, int depth = 0) {
  if (buffer.is_block_argument() || depth > 8) return Op();
  const Op op = buffer.definer();
  if (op.is("hal.command_buffer.create")) return op;
  if (op.is("util.call")) {
    const Op callee = find_symbol(module, "util.func", op.attr("callee").symbol_root());
    if (!callee || callee.blocks().size() != 1) return Op();
    const Op last = ops_of(callee.blocks()[0]).back();
    if (!last.is("util.return")) return Op();
    return creator_of(module, last.operand(buffer.result_number()), depth + 1);
  }
  if (!op.is("util.global.load")) return Op();
  const std::string global = op.attr("global").symbol_root();
  std::vector<Op> stores;
  module.walk([&](Op store) {
    if (store.is("util.global.store") && store.attr("global").symbol_root() == global)
      stores.push_back(store);
  });
  return stores.size() == 1 ? creator_of(module, stores[0].operand(0), depth + 1) : Op();
}

std::optional<std::array<uint32_t, 3>> workgroups_of(Op dispatch) {
  std::array<uint32_t, 3> counts{};
  for (size_t axis = 0; axis < 3; ++axis) {
    const std::vector<Value> count = dispatch.segment(3 + axis);
    if (count.size() != 1) return std::nullopt;
    const std::optional<int64_t> value = constant_of(count[0]);
    if (!value || *value < 0 || *value > std::numeric_limits<uint32_t>::max()) return std::nullopt;
    counts[axis] = static_cast<uint32_t>(*value);
  }
  return counts;
}

// Fills in `command`; false if the op is not a dispatch, fill or copy this room can describe.
bool describe(Op op, HostCommand& command) {
  const std::string_view verb = op.name().substr(kPrefix.size());
  if (verb == "fill_buffer") command.kind = OpKind::kFill;
  else if (verb == "copy_buffer") command.kind = OpKind::kCopy;
  else if (verb != "dispatch") return false;
  if (command.kind != OpKind::kDispatch) return true;
  const std::vector<Value> function = op.segment(2);
  if (function.size() != 1 || function[0].is_block_argument()) return false;
  const Op lookup = function[0].definer();
  if (!lookup.is("hal.executable.lookup.function")) return false;
  command.executable = lookup.attr("entry_point").symbol_root();
  command.entry = lookup.attr("entry_point").symbol_leaf();
  command.workgroups = workgroups_of(op);
  return true;
}

HostSubmission recorded(Op create) {
  HostSubmission submission;
  const Value buffer = create.result(0);
  uint32_t wave = 0;
  bool since_barrier = false;
  create.parent().walk([&](Op op) {
    if (!starts_with(op.name(), kPrefix) || op == create) return;
    if (op.operands().empty() || !(op.operand(0) == buffer)) return;
    const std::string_view verb = op.name().substr(kPrefix.size());
    if (verb == "finalize" || starts_with(verb, "begin_debug") || starts_with(verb, "end_debug"))
      return;
    if (op.block().ptr != create.block().ptr)
      submission.problem = "its commands are recorded under control flow";
    if (verb == "execution_barrier") {
      wave += since_barrier;
      since_barrier = false;
      return;
    }
    HostCommand command;
    if (!describe(op, command)) {
      submission.problem = "its command buffer holds " + std::string(op.name()) +
                           ", which the graph cannot describe";
      return;
    }
    command.wave = wave;
    since_barrier = true;
    submission.commands.push_back(command);
  });
  return submission;
}

// The submission a queue operation of the host code makes; nothing for those that move no
// tensor data (alloca, dealloca, barrier).
std::optional<HostSubmission> submission_of(Op module, Op op) {
  constexpr std::string_view kQueue = "hal.device.queue.";
  if (!starts_with(op.name(), kQueue)) return std::nullopt;
  const std::string_view verb = op.name().substr(kQueue.size());
  if (verb == "alloca" || verb == "dealloca" || verb == "barrier" || verb == "flush")
    return std::nullopt;
  HostSubmission submission;
  if (verb == "fill" || verb == "copy") {
    submission.commands.push_back({.kind = verb == "fill" ? OpKind::kFill : OpKind::kCopy});
    return submission;
  }
  if (verb == "execute" || verb == "execute.indirect") {
    for (const Value operand : op.operands()) {
      if (operand.type() != "!hal.command_buffer") continue;
      if (const Op create = creator_of(module, operand)) return recorded(create);
    }
    submission.problem = "its command buffer cannot be traced to one recording";
    return submission;
  }
  submission.problem = "its host code uses " + std::string(op.name());
  return submission;
}

}  // namespace

std::map<std::string, HostFunction> host_functions(Op module) {
  std::map<std::string, HostFunction> functions;
  for (const MlirBlock body : module.blocks()) {
    for (const Op function : ops_of(body)) {
      if (!function.is("util.func") || function.blocks().empty()) continue;
      HostFunction host;
      for (const Op op : ops_of(function.blocks()[0]))
        if (std::optional<HostSubmission> submission = submission_of(module, op))
          host.submissions.push_back(std::move(*submission));
      functions[function.attr("sym_name").as_string()] = std::move(host);
    }
  }
  return functions;
}

std::map<std::string, std::string> executable_binaries(Op module) {
  std::map<std::string, std::string> binaries;
  std::vector<std::string> ambiguous;
  module.walk([&](Op op) {
    if (!op.is("hal.executable.binary")) return;
    const std::string name = op.parent().attr("sym_name").as_string();
    std::optional<std::string> bytes = op.attr("data").raw_bytes();
    if (!bytes || !binaries.emplace(name, std::move(*bytes)).second) ambiguous.push_back(name);
  });
  for (const std::string& name : ambiguous) binaries.erase(name);
  return binaries;
}

}  // namespace takt::compile
