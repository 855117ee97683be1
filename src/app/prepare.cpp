#include "app/prepare.h"

#include <sched.h>

#include <algorithm>
#include <filesystem>

namespace takt {
namespace {

constexpr uint32_t kMissionTrace = 1 << 18;   // events per lane

std::string graph_beside(const std::string& vmfb) {
  return std::filesystem::path(vmfb).replace_extension(".graph.json").string();
}

// A .vmfb with its graph beside it, or a graph alone.
Result<compile::CompiledModule> load_compiled(const std::string& path) {
  compile::CompiledModule module;
  if (path.ends_with(".vmfb")) module.vmfb_path = path;
  module.graph_path = module.vmfb_path.empty() ? path : graph_beside(path);
  TAKT_ASSIGN(module.graph, read_graph(module.graph_path));
  module.up_to_date = true;
  return module;
}

int usable_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
}

// Gives every core of `soc` one of this host's CPUs, round robin.
Status assign_host_cpus(Soc& soc) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) != 0)
    return failed("cannot read the CPU affinity of this process");
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  size_t next = 0;
  for (Cluster& cluster : soc.clusters) {
    cluster.cpus.clear();
    for (int core = 0; core < cluster.cores; ++core)
      cluster.cpus.push_back(cpus[next++ % cpus.size()]);
  }
  return {};
}

}  // namespace

std::vector<DispatchGraph> CompiledWorkload::graphs() const {
  std::vector<DispatchGraph> graphs;
  for (const compile::CompiledModule& module : modules) graphs.push_back(module.graph);
  return graphs;
}

std::vector<ProfileTarget> CompiledWorkload::profile_targets() const {
  std::vector<ProfileTarget> targets;
  for (size_t i = 0; i < modules.size(); ++i) {
    const WorkloadModule& module = workload.modules[i];
    const GraphFunction* function = modules[i].graph.find(module.function);
    if (!function || !function->plannable || modules[i].vmfb_path.empty()) continue;
    targets.push_back({module.name, modules[i].vmfb_path, modules[i].graph_path, modules[i].graph,
                       module.function});
  }
  return targets;
}

Result<CompiledWorkload> compile_workload(const Workload& workload, const std::string& output_dir,
                                          const compile::CompileOptions& options) {
  CompiledWorkload compiled{workload, {}};
  for (const WorkloadModule& module : workload.modules) {
    if (module.path.ends_with(".vmfb") || module.path.ends_with(".graph.json")) {
      TAKT_ASSIGN(compile::CompiledModule loaded, load_compiled(module.path));
      compiled.modules.push_back(std::move(loaded));
    } else {
      compile::CompileOptions per_module = options;
      per_module.output_dir = output_dir;
      per_module.name = module.name;
      TAKT_ASSIGN(compile::CompiledModule made, compile::compile_module(module.path, per_module));
      compiled.modules.push_back(std::move(made));
    }
    if (!compiled.modules.back().graph.find(module.function))
      return bad_input(module.path + ": module '" + module.name + "' exports no function '" +
                       module.function + "'");
  }
  return compiled;
}

Result<Soc> host_soc(const std::string& path, bool oversubscribe) {
  if (path.empty()) return detect_soc();
  TAKT_ASSIGN(Soc soc, read_soc(path));
  if (soc.core_lanes() > usable_cpus() && !oversubscribe)
    return bad_input(path + ": the SoC has " + std::to_string(soc.core_lanes()) +
                     " cores, this host has " + std::to_string(usable_cpus()) +
                     "; plan for it with `takt plan`, or share this host's cores with "
                     "--oversubscribe");
  const bool on_host = std::all_of(soc.clusters.begin(), soc.clusters.end(),
                                   [](const Cluster& cluster) { return !cluster.cpus.empty(); });
  if (!on_host) TAKT_TRY(assign_host_cpus(soc));
  derive_lanes(soc);
  return soc;
}

std::vector<int> core_cpus(const Soc& soc) {
  std::vector<int> cpus;
  for (const Lane& lane : soc.lanes)
    if (lane.kind == Lane::Kind::kCore) cpus.push_back(lane.cpu);
  return cpus;
}

DeviceOptions mission_device_options(const CompiledWorkload& compiled, const Soc& soc,
                                     const std::string& plan_path) {
  DeviceOptions options;
  options.plan = plan_path;
  options.inline_submit = false;
  options.realtime = true;
  options.trace_capacity = kMissionTrace;
  options.cpus = core_cpus(soc);
  if (plan_path.empty())
    for (const compile::CompiledModule& module : compiled.modules)
      options.graphs.push_back(module.graph_path);
  return options;
}

Result<Soc> limit_lanes(Soc soc, int lanes) {
  if (lanes < 1 || lanes > soc.core_lanes())
    return bad_input("--lanes " + std::to_string(lanes) + ": the SoC has " +
                     std::to_string(soc.core_lanes()) + " cores");
  int left = lanes;
  for (Cluster& cluster : soc.clusters) {
    cluster.cores = std::min(cluster.cores, left);
    if (!cluster.cpus.empty()) cluster.cpus.resize(static_cast<size_t>(cluster.cores));
    left -= cluster.cores;
  }
  derive_lanes(soc);
  return soc;
}

}  // namespace takt
