#include "hal/plan_index.h"

#include <algorithm>

#include "base/content_hash.h"
#include "base/file.h"
#include "hal/device.h"
#include "model/plan_graphs.h"
#include "model/verify.h"

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

Result<std::unique_ptr<PlanIndex>> PlanIndex::load(const DeviceOptions& options,
                                                   uint32_t lanes) {
  auto index = std::make_unique<PlanIndex>();
  index->lanes_ = lanes;
  if (!options.plan.empty()) {
    TAKT_ASSIGN(index->plan_, read_plan(options.plan));
    TAKT_ASSIGN(index->graphs_, read_plan_graphs(index->plan_, options.plan));
    const std::vector<Violation> violations = verify(index->plan_, index->graphs_);
    if (!violations.empty())
      return bad_input(options.plan + ": the plan is not valid: " + violations[0].what +
                       "; plan again");
    for (const PlanOp& op : index->plan_.operations)
      for (LaneId lane : op.lanes)
        if (lane.value() >= lanes)
          return bad_input(options.plan + ": the plan uses lane '" +
                           index->plan_.lanes[lane.value()] + "' but the device has " +
                           std::to_string(lanes) + " lanes; plan for this SoC or simulate it "
                           "with `takt sim`");
    index->has_plan_ = true;
  } else {
    for (const std::string& path : options.graphs) {
      TAKT_ASSIGN(DispatchGraph graph, read_graph(path));
      index->graphs_.push_back(std::move(graph));
    }
  }
  for (uint32_t m = 0; m < index->graphs_.size(); ++m) index->index_graph(index->graphs_[m], m);
  return index;
}

void PlanIndex::index_graph(const DispatchGraph& graph, uint32_t module) {
  for (const GraphFunction& function : graph.functions) {
    if (!function.plannable) continue;
    for (uint32_t region = 0; region < function.regions; ++region)
      index_region(graph, function, region, module);
  }
}

void PlanIndex::index_region(const DispatchGraph& graph, const GraphFunction& function,
                             uint32_t region, uint32_t module) {
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
  if (has_plan_) assign(*planned, module);
  regions_.push_back(std::move(planned));
}

// Collects what the plan says about this region, per task and job.
void PlanIndex::assign(PlannedRegion& region, uint32_t module) {
  std::map<uint32_t, uint32_t> command_of;
  for (uint32_t i = 0; i < region.ops.size(); ++i) command_of[region.ops[i]] = i;
  for (uint32_t t = 0; t < plan_.tasks.size(); ++t) {
    const PlanTask& task = plan_.tasks[t];
    if (task.module.value() != module || region.graph->find(task.function) != region.function)
      continue;
    std::vector<Assignment> jobs(std::max(task.jobs, 1u));
    for (Assignment& job : jobs) {
      job.items.resize(region.ops.size());
      job.by_lane.resize(lanes_);
    }
    for (const PlanOp& op : plan_.operations) {
      if (op.task.value() != t || op.kind != Operation::Kind::kGraphOp) continue;
      Assignment& job = jobs[op.job];
      job.end = std::max(job.end, op.end());   // of the whole job, for its slack
      const auto command = command_of.find(op.graph_op);
      if (command == command_of.end()) continue;
      PlannedItem& item = job.items[command->second];
      item.start = op.start;
      item.duration = op.duration;
      for (LaneId lane : op.lanes) item.lanes.add(lane.value());
      job.lanes = job.lanes | item.lanes;
    }
    for (Assignment& job : jobs)
      for (uint32_t lane = 0; lane < lanes_; ++lane) {
        std::vector<uint32_t>& order = job.by_lane[lane];
        for (uint32_t i = 0; i < job.items.size(); ++i)
          if (job.items[i].lanes.has(lane)) order.push_back(i);
        std::stable_sort(order.begin(), order.end(), [&job](uint32_t a, uint32_t b) {
          return job.items[a].start < job.items[b].start;
        });
      }
    region.tasks[t] = std::move(jobs);
  }
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

const Assignment* PlanIndex::find(const PlannedRegion& region, uint32_t task,
                                  uint64_t number) const {
  const auto found = region.tasks.find(task);
  if (found == region.tasks.end()) return nullptr;
  if (plan_.window == Nanos::max() && number >= found->second.size()) return nullptr;
  const Assignment& job = found->second[number % found->second.size()];
  return job.lanes.empty() ? nullptr : &job;
}

const Assignment* PlanIndex::find_any(const PlannedRegion& region) const {
  return region.tasks.empty() ? nullptr : find(region, region.tasks.begin()->first, 0);
}

Nanos PlanIndex::window_of(uint32_t task, uint64_t number, Nanos origin) const {
  if (plan_.window == Nanos::max()) return origin;
  return origin + plan_.window * int64_t(number / std::max(plan_.tasks[task].jobs, 1u));
}

}  // namespace takt
