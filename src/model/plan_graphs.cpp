#include "model/plan_graphs.h"

#include <filesystem>

#include "base/content_hash.h"
#include "base/file.h"

namespace takt {

Result<std::vector<DispatchGraph>> read_plan_graphs(const Plan& plan,
                                                    const std::string& plan_path) {
  const std::filesystem::path directory = std::filesystem::path(plan_path).parent_path();
  std::vector<DispatchGraph> graphs;
  for (const PlanModule& module : plan.modules) {
    const std::string path = (directory / module.graph).string();
    TAKT_ASSIGN(const std::string text, read_file(path));
    if (const std::string hash = content_hash(text); hash != module.graph_hash)
      return bad_input(path + ": is not the graph that " + plan_path + " was made for (module '" +
                       module.name + "': hash " + hash + ", the plan names " + module.graph_hash +
                       "); plan again");
    TAKT_ASSIGN(DispatchGraph graph, parse_graph(text, path));
    graphs.push_back(std::move(graph));
  }
  return graphs;
}

}  // namespace takt
