// StreamGraph::join: the second half of extract.h.
#include <algorithm>

#include "base/content_hash.h"
#include "compile/extract.h"

namespace takt::compile {
namespace {

std::string place(uint32_t region, uint32_t position) {
  return "region " + std::to_string(region) + " position " + std::to_string(position);
}

// Kernels of the finished graph, by linked executable and entry.
class KernelTable {
 public:
  KernelTable(DispatchGraph& graph, const std::map<std::string, std::string>& binaries)
      : graph_(graph), binaries_(binaries) {}

  // Nothing if the executable has no binary of its own.
  std::optional<KernelId> add(const HostCommand& command, const std::string& hash) {
    const auto binary = binaries_.find(command.executable);
    if (binary == binaries_.end()) return std::nullopt;
    const auto [found, is_new] =
        ids_.emplace(command.executable + "::" + command.entry, KernelId(graph_.kernels.size()));
    if (is_new) graph_.kernels.push_back({command.entry, hash, binary_hash(*binary)});
    return found->second;
  }

 private:
  const std::string& binary_hash(const std::pair<const std::string, std::string>& binary) {
    std::string& hash = hashes_[binary.first];
    if (hash.empty()) hash = content_hash(binary.second);
    return hash;
  }

  DispatchGraph& graph_;
  const std::map<std::string, std::string>& binaries_;
  std::map<std::string, KernelId> ids_;
  std::map<std::string, std::string> hashes_;
};

}  // namespace

// Fills in kernels and workgroup counts; the reason why not, if the two phases disagree.
std::string StreamGraph::match(StreamFunction& stream, const HostFunction& host,
                               const AddKernel& add_kernel) {
  GraphFunction& function = stream.function;
  if (host.submissions.size() != function.regions)
    return "the host code submits " + std::to_string(host.submissions.size()) +
           " command buffers where the stream phase has " + std::to_string(function.regions);
  std::vector<size_t> seen(host.submissions.size(), 0);
  for (size_t i = 0; i < function.ops.size(); ++i) {
    GraphOp& op = function.ops[i];
    const HostSubmission& submission = host.submissions[op.region];
    if (!submission.problem.empty()) return submission.problem;
    const std::string here = place(op.region, op.position);
    if (op.position >= submission.commands.size()) return "the host code lacks " + here;
    const HostCommand& command = submission.commands[op.position];
    ++seen[op.region];
    if (command.kind != op.kind || command.wave != op.wave || command.entry != stream.entries[i])
      return "the host code has another command at " + here;
    if (op.kind != OpKind::kDispatch) continue;
    if (!command.workgroups)
      return "dynamic shapes: the workgroup count of " + command.entry +
             " is computed at run time";
    op.workgroups = *command.workgroups;
    const std::optional<KernelId> kernel = add_kernel(command, stream.hashes[i]);
    if (!kernel) return "the executable @" + command.executable + " has not exactly one binary";
    op.kernel = *kernel;
  }
  for (size_t region = 0; region < seen.size(); ++region)
    if (seen[region] != host.submissions[region].commands.size())
      return "the host code has more commands in region " + std::to_string(region);
  return "";
}

Result<DispatchGraph> StreamGraph::join(const std::map<std::string, HostFunction>& host,
                                        const std::map<std::string, std::string>& binaries,
                                        const std::string& vmfb) && {
  for (const auto& [name, bytes] : binaries)
    if (vmfb.find(bytes) == std::string::npos)
      return failed("the binary of executable @" + name + " is not in the .vmfb as it was built");
  DispatchGraph graph;
  graph.module_name = module_name_;
  KernelTable kernels(graph, binaries);
  for (StreamFunction& stream : functions_) {
    GraphFunction& function = stream.function;
    const auto found = host.find(function.name);
    if (function.reason.empty() && found == host.end())
      function.reason = "the host code has no such function";
    if (function.reason.empty())
      function.reason = match(stream, found->second,
                              [&](const HostCommand& command, const std::string& hash) {
                                return kernels.add(command, hash);
                              });
    function.plannable = function.reason.empty();
    if (!function.plannable) {
      function.ops.clear();
      function.resources.clear();
    }
    graph.functions.push_back(std::move(function));
  }
  return graph;
}

}  // namespace takt::compile
