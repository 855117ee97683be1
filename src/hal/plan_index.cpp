#include "hal/plan_index.h"

#include <algorithm>

#include "base/content_hash.h"
#include "hal/device.h"

namespace takt {
namespace {

std::string entry_of(const DispatchCommand& command) {
  const char* const* names = command.executable->export_names;
  return names && names[command.ordinal] ? names[command.ordinal] : "";
}

std::string shape(const uint32_t* counts) {
  return std::to_string(counts[0]) + "x" + std::to_string(counts[1]) + "x" +
         std::to_string(counts[2]);
}

std::string describe(const RecordedCommand& command) {
  if (command.kind == RecordedCommand::Kind::kFill) return "a fill";
  if (command.kind == RecordedCommand::Kind::kCopy) return "a copy";
  return entry_of(*command.dispatch) + " (" + shape(command.dispatch->workgroup_count) + ")";
}

std::string describe(const DispatchGraph& graph, const GraphOp& op) {
  if (op.kind != OpKind::kDispatch) return "a " + std::string(name_of(op.kind));
  return graph.kernels[op.kernel.value()].entry + " (" + shape(op.workgroups.data()) + ")";
}

bool same_kind(RecordedCommand::Kind kind, OpKind op) {
  switch (op) {
    case OpKind::kDispatch: return kind == RecordedCommand::Kind::kDispatch;
    case OpKind::kFill: return kind == RecordedCommand::Kind::kFill;
    case OpKind::kCopy: return kind == RecordedCommand::Kind::kCopy;
  }
  return false;
}

}  // namespace

std::string PlannedRegion::place() const {
  return graph->module_name + ", function " + function->name + ", region " +
         std::to_string(region);
}

void PlanIndex::add_graphs(std::vector<DispatchGraph> graphs) {
  std::lock_guard lock(mutex_);
  for (DispatchGraph& graph : graphs) {
    const bool known = std::any_of(graphs_.begin(), graphs_.end(), [&](const DispatchGraph& had) {
      return had.vmfb_hash == graph.vmfb_hash;
    });
    if (known) continue;
    graphs_.push_back(std::move(graph));
    index_graph(graphs_.back());
  }
}

const DispatchGraph* PlanIndex::graph(const std::string& vmfb_hash) const {
  std::lock_guard lock(mutex_);
  for (const DispatchGraph& graph : graphs_)
    if (graph.vmfb_hash == vmfb_hash) return &graph;
  return nullptr;
}

std::vector<const PlannedRegion*> PlanIndex::regions_of(const DispatchGraph& graph,
                                                        const std::string& function) const {
  std::lock_guard lock(mutex_);
  std::vector<const PlannedRegion*> regions;
  for (const auto& region : regions_)
    if (region->graph == &graph && region->function == graph.find(function))
      regions.push_back(region.get());
  return regions;
}

void PlanIndex::index_graph(const DispatchGraph& graph) {
  for (const GraphFunction& function : graph.functions) {
    if (!function.plannable) continue;
    for (uint32_t region = 0; region < function.regions; ++region)
      index_region(graph, function, region);
  }
}

void PlanIndex::index_region(const DispatchGraph& graph, const GraphFunction& function,
                             uint32_t region) {
  auto planned = std::make_unique<PlannedRegion>();
  planned->graph = &graph;
  planned->function = &function;
  planned->region = region;
  std::vector<uint32_t> command_of(function.ops.size(), UINT32_MAX);
  for (uint32_t op = 0; op < function.ops.size(); ++op)
    if (function.ops[op].region == region) planned->ops.push_back(op);
  std::sort(planned->ops.begin(), planned->ops.end(), [&](uint32_t a, uint32_t b) {
    return function.ops[a].position < function.ops[b].position;
  });
  for (uint32_t i = 0; i < planned->ops.size(); ++i) command_of[planned->ops[i]] = i;
  planned->deps.resize(planned->ops.size());
  for (uint32_t i = 0; i < planned->ops.size(); ++i) {
    std::vector<uint32_t>& deps = planned->deps[i];
    // Other regions are other submissions: the queue's semaphores order them.
    for (const Dependency& dependency : function.ops[planned->ops[i]].deps)
      if (command_of[dependency.op] != UINT32_MAX) deps.push_back(command_of[dependency.op]);
    std::sort(deps.begin(), deps.end());
    deps.erase(std::unique(deps.begin(), deps.end()), deps.end());
  }
  regions_.push_back(std::move(planned));
}

void PlanIndex::add_executable(const iree_hal_executable_t* executable, std::string_view bytes) {
  std::lock_guard lock(mutex_);
  binaries_[executable] = content_hash(bytes);
}

// What is different at `position`; empty when nothing is.
std::string PlanIndex::difference(const PlannedRegion& region, const RecordedCommand& command,
                                  size_t position, const std::string& binary) const {
  const GraphOp& op = region.function->ops[region.ops[position]];
  bool same = same_kind(command.kind, op.kind);
  if (same && op.kind == OpKind::kDispatch) {
    const Kernel& kernel = region.graph->kernels[op.kernel.value()];
    same = kernel.binary_hash == binary && kernel.entry == entry_of(*command.dispatch) &&
           std::equal(op.workgroups.begin(), op.workgroups.end(),
                      command.dispatch->workgroup_count) &&
           !command.dispatch->indirect_count;
  }
  if (same) return "";
  return region.place() + ": position " + std::to_string(position) + ": expected " +
         describe(*region.graph, op) + ", found " + describe(command);
}

Result<const PlannedRegion*> PlanIndex::match(std::span<const RecordedCommand> commands) {
  std::lock_guard lock(mutex_);
  if (regions_.empty()) return nullptr;
  std::vector<std::string> binaries(commands.size());
  for (size_t i = 0; i < commands.size(); ++i)
    if (commands[i].dispatch) {
      const auto found = binaries_.find(commands[i].dispatch->executable);
      if (found != binaries_.end()) binaries[i] = found->second;
    }
  size_t nearest = 0;
  std::string nearest_difference;
  for (const auto& region : regions_) {
    if (region->ops.size() != commands.size()) continue;
    size_t position = 0;
    std::string different;
    for (; position < commands.size() && different.empty(); ++position)
      different = difference(*region, commands[position], position, binaries[position]);
    if (different.empty()) return region.get();
    if (position - 1 > nearest) {
      nearest = position - 1;
      nearest_difference = different;
    }
  }
  // The same length and most of the same kernels, but not the same: not what the graph
  // was made from. Anything else is an initialiser or a function without a plan.
  if (nearest * 2 >= commands.size() && nearest > 0)
    return bad_input(nearest_difference +
                     ": the graph belongs to another build of the module; compile it again");
  return nullptr;
}

}  // namespace takt
