#include "model/detect_soc.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>

namespace takt {
namespace {

constexpr int kCpuCount = 8192;   // as many as soc.yaml can name

Result<std::set<int>> usable_cpus() {
  const std::unique_ptr<cpu_set_t, void (*)(cpu_set_t*)> set(
      CPU_ALLOC(kCpuCount), [](cpu_set_t* allocated) { CPU_FREE(allocated); });
  const size_t size = CPU_ALLOC_SIZE(kCpuCount);
  CPU_ZERO_S(size, set.get());
  if (sched_getaffinity(0, size, set.get()) != 0)
    return failed("cannot read which CPUs this process may use (sched_getaffinity)");
  std::set<int> cpus;
  for (int cpu = 0; cpu < kCpuCount; ++cpu)
    if (CPU_ISSET_S(static_cast<size_t>(cpu), size, set.get())) cpus.insert(cpu);
  return cpus;
}

// -1 when none of the set may be used.
int first_usable(hwloc_const_cpuset_t set, const std::set<int>& usable) {
  for (int cpu = hwloc_bitmap_first(set); cpu >= 0; cpu = hwloc_bitmap_next(set, cpu))
    if (usable.contains(cpu)) return cpu;
  return -1;
}

// What makes a core part of a cluster: its outermost cache, or what is around that if the
// cache belongs to the core alone.
hwloc_obj_t cluster_of(hwloc_topology_t topology, hwloc_obj_t core) {
  hwloc_obj_t outermost = core;
  for (hwloc_obj_t at = core; at; at = at->parent)
    if (hwloc_obj_type_is_dcache(at->type)) outermost = at;
  while (outermost->parent &&
         hwloc_get_nbobjs_inside_cpuset_by_type(topology, outermost->cpuset, core->type) < 2)
    outermost = outermost->parent;
  return outermost;
}

// hwloc ranks kinds of cores by performance, slowest first; 0 when all are alike.
int kind_of(hwloc_topology_t topology, hwloc_obj_t core) {
  return std::max(0, hwloc_cpukinds_get_by_cpuset(topology, core->cpuset, 0));
}

std::string class_name(int kind, int kinds) {
  if (kinds <= 1) return "core.host";
  if (kinds == 2) return kind == 0 ? "core.little" : "core.big";
  return std::string("core.kind").append(std::to_string(kind));
}

std::vector<int64_t> read_speeds_khz(int cpu) {
  const std::string directory =
      std::string("/sys/devices/system/cpu/cpu").append(std::to_string(cpu)) + "/cpufreq/";
  std::set<int64_t> speeds;
  int64_t khz;
  std::ifstream levels(directory + "scaling_available_frequencies");
  while (levels >> khz) speeds.insert(khz);
  if (speeds.empty())
    for (const char* end : {"cpuinfo_min_freq", "cpuinfo_max_freq"})
      if (std::ifstream file(directory + end); file >> khz) speeds.insert(khz);
  speeds.erase(speeds.begin(), speeds.upper_bound(0));
  return {speeds.begin(), speeds.end()};
}

}  // namespace

Result<Soc> soc_of_topology(hwloc_topology_t topology, const std::set<int>& usable) {
  // Virtual machines and odd boards may report hardware threads only.
  const hwloc_obj_type_t core_type =
      hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_CORE) > 0 ? HWLOC_OBJ_CORE : HWLOC_OBJ_PU;
  // Clusters in the order of their first CPU; within one, cores by CPU.
  std::map<std::pair<hwloc_obj_t, int>, std::vector<int>> members;
  for (hwloc_obj_t core = nullptr;
       (core = hwloc_get_next_obj_by_type(topology, core_type, core)) != nullptr;)
    if (const int cpu = first_usable(core->cpuset, usable); cpu >= 0)
      members[{cluster_of(topology, core), kind_of(topology, core)}].push_back(cpu);
  if (members.empty()) return failed("hwloc finds no core that this process may use");
  std::vector<std::pair<std::vector<int>, int>> clusters;   // CPUs, kind
  for (auto& [key, cpus] : members) {
    std::sort(cpus.begin(), cpus.end());
    clusters.emplace_back(std::move(cpus), key.second);
  }
  std::sort(clusters.begin(), clusters.end());

  Soc soc;
  soc.name = "host";
  const int kinds = hwloc_cpukinds_get_nr(topology, 0);
  for (size_t i = 0; i < clusters.size(); ++i) {
    Cluster cluster;
    cluster.name = clusters.size() == 1 ? "cpu" : std::string("cpu").append(std::to_string(i));
    cluster.core_class = class_name(clusters[i].second, kinds);
    cluster.cores = static_cast<int>(clusters[i].first.size());
    cluster.cpus = clusters[i].first;
    soc.clusters.push_back(std::move(cluster));
  }
  derive_lanes(soc);
  return soc;
}

Result<Soc> detect_soc() {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return failed("hwloc cannot start");
  const std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)> topology(
      raw, &hwloc_topology_destroy);
  if (hwloc_topology_load(raw) != 0) return failed("hwloc cannot read the topology of this host");
  TAKT_ASSIGN(const std::set<int> usable, usable_cpus());
  TAKT_ASSIGN(Soc soc, soc_of_topology(raw, usable));
  for (Cluster& cluster : soc.clusters) cluster.speed_khz = read_speeds_khz(cluster.cpus.front());
  return soc;
}

}  // namespace takt
