#include "trace/op_names.h"

#include <utility>

namespace takt {

void OpNames::add(const std::string& task, const DispatchGraph& graph,
                  const std::string& function) {
  const GraphFunction* found = graph.find(function);
  if (!found) return;
  std::vector<std::string> names;
  for (const GraphOp& op : found->ops) {
    const bool kernel = op.kind == OpKind::kDispatch && op.kernel.value() < graph.kernels.size();
    names.push_back(function + "/" + (kernel ? graph.kernels[op.kernel.value()].entry
                                             : std::string(name_of(op.kind))));
  }
  names_[task] = std::move(names);
}

std::string OpNames::name(const std::string& task, uint32_t op) const {
  const auto at = names_.find(task);
  if (at != names_.end() && op < at->second.size()) return at->second[op];
  return "op " + std::to_string(op);
}

OpNames op_names(const Plan& plan, const std::vector<DispatchGraph>& graphs) {
  OpNames names;
  for (const PlanTask& task : plan.tasks)
    if (task.module.value() < graphs.size())
      names.add(task.name, graphs[task.module.value()], task.function);
  return names;
}

}  // namespace takt
