#include "app/published_graph.h"

#include <algorithm>

namespace takt {

ModuleId add_chain_module(const std::string& name, const std::vector<std::string>& kernels,
                          uint32_t workgroups, PublishedWorkload& published) {
  DispatchGraph graph;
  graph.module_name = name;
  graph.source = published.host;
  GraphFunction function;
  function.name = "main";
  function.plannable = true;
  function.regions = 1;
  for (uint32_t i = 0; i < kernels.size(); ++i) {
    const auto known = std::find_if(graph.kernels.begin(), graph.kernels.end(),
                                    [&](const Kernel& k) { return k.entry == kernels[i]; });
    GraphOp op;
    op.kernel = KernelId(static_cast<size_t>(known - graph.kernels.begin()));
    if (known == graph.kernels.end()) graph.kernels.push_back({kernels[i], kernels[i], ""});
    op.workgroups = {workgroups, 1, 1};
    op.position = op.wave = i;
    if (i > 0) op.deps = {{i - 1, DependencyKind::kTrue, 0}};
    function.ops.push_back(std::move(op));
  }
  graph.functions.push_back(std::move(function));
  CompiledWorkload& compiled = published.compiled;
  compiled.workload.modules.push_back({name, name + ".graph.json", "main"});
  compiled.modules.push_back({std::move(graph), "", "", true});
  return ModuleId(compiled.modules.size() - 1);
}

CostKey cost_key(const std::string& kernel, uint32_t workgroups, const std::string& lane_class,
                 int width) {
  return {kernel, {workgroups, 1, 1}, lane_class, width, "default"};
}

}  // namespace takt
