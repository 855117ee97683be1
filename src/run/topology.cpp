#include "run/topology.h"

#include <algorithm>
#include <memory>
#include <numeric>

#include "base/check.h"

namespace takt {
namespace {

using HwlocTopology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

LanePlace place_of(hwloc_topology_t topology, hwloc_obj_t thread, int cpu) {
  LanePlace place;
  place.cpu = cpu;
  // Machines that report hardware threads only: each is a core.
  hwloc_obj_t core = hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_CORE, thread);
  if (!core) core = thread;
  place.core = core->logical_index;
  place.cache = hwloc_get_root_obj(topology)->gp_index & UINT32_MAX;
  for (hwloc_obj_t at = thread; at; at = at->parent)
    if (hwloc_obj_type_is_dcache(at->type)) place.cache = at->gp_index & UINT32_MAX;
  place.cluster = place.cache;
  if (thread->nodeset && !hwloc_bitmap_iszero(thread->nodeset)) {
    const auto os_index = static_cast<unsigned>(hwloc_bitmap_first(thread->nodeset));
    if (const hwloc_obj_t node = hwloc_get_numanode_obj_by_os_index(topology, os_index))
      place.node = node->logical_index;
  }
  return place;
}

// The firmware's latencies between memory nodes, by logical index; empty when it has none.
std::vector<std::vector<uint32_t>> node_latencies(hwloc_topology_t topology) {
  unsigned count = 1;
  hwloc_distances_s* table = nullptr;
  std::vector<std::vector<uint32_t>> latencies;
  if (hwloc_distances_get_by_type(topology, HWLOC_OBJ_NUMANODE, &count, &table,
                                  HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0 || count == 0)
    return latencies;
  const auto nodes = static_cast<size_t>(hwloc_get_nbobjs_by_type(topology, HWLOC_OBJ_NUMANODE));
  latencies.assign(nodes, std::vector<uint32_t>(nodes, 0));
  for (unsigned i = 0; i < table->nbobjs; ++i)
    for (unsigned j = 0; j < table->nbobjs; ++j)
      latencies[table->objs[i]->logical_index][table->objs[j]->logical_index] =
          static_cast<uint32_t>(table->values[size_t(i) * table->nbobjs + j]);
  hwloc_distances_release(topology, table);
  return latencies;
}

// Renumbers clusters and caches 0, 1, ... in the order in which lanes name them.
void number_densely(std::vector<LanePlace>& places, uint32_t LanePlace::*field) {
  std::vector<uint32_t> seen;
  for (LanePlace& place : places) {
    const auto at = std::find(seen.begin(), seen.end(), place.*field);
    const auto number = static_cast<uint32_t>(at - seen.begin());
    if (at == seen.end()) seen.push_back(place.*field);
    place.*field = number;
  }
}

}  // namespace

Topology Topology::flat(std::span<const int> cpus) {
  Topology topology;
  for (const int cpu : cpus) {
    LanePlace& place = topology.places_.emplace_back();
    place.cpu = cpu;
    place.core = place.cache = topology.lanes() - 1;
  }
  return topology;
}

Topology Topology::of_soc(const Soc& soc) {
  Topology topology;
  for (const Lane& lane : soc.lanes) {
    LanePlace& place = topology.places_.emplace_back();
    place.cpu = lane.cpu;
    place.core = topology.lanes() - 1;
    place.cluster = place.cache = lane.cluster.value();
    place.accelerator = lane.kind == Lane::Kind::kAccelerator;
  }
  return topology;
}

Result<Topology> Topology::of_hwloc(hwloc_topology_t from, std::span<const int> cpus) {
  Topology topology;
  for (const int cpu : cpus) {
    const hwloc_obj_t thread =
        cpu < 0 ? nullptr : hwloc_get_pu_obj_by_os_index(from, static_cast<unsigned>(cpu));
    if (!thread)
      return failed("cpu " + std::to_string(cpu) + " is not in the topology of this host; see "
                    "`takt soc --detect` for those that are");
    topology.places_.push_back(place_of(from, thread, cpu));
  }
  number_densely(topology.places_, &LanePlace::cluster);
  number_densely(topology.places_, &LanePlace::cache);
  topology.node_distance_ = node_latencies(from);
  return topology;
}

Result<Topology> Topology::of_host(std::span<const int> cpus) {
  hwloc_topology_t raw = nullptr;
  if (hwloc_topology_init(&raw) != 0) return failed("hwloc cannot start");
  const HwlocTopology topology(raw, &hwloc_topology_destroy);
  if (hwloc_topology_load(raw) != 0) return failed("hwloc cannot read the topology of this host");
  return of_hwloc(raw, cpus);
}

uint32_t Topology::clusters() const {
  uint32_t count = 0;
  for (const LanePlace& place : places_) count = std::max(count, place.cluster + 1);
  return count;
}

LaneMask Topology::cluster(uint32_t index) const {
  LaneMask set;
  for (uint32_t l = 0; l < lanes(); ++l)
    if (places_[l].cluster == index) set.add(l);
  return set;
}

LaneMask Topology::accelerators() const {
  LaneMask set;
  for (uint32_t l = 0; l < lanes(); ++l)
    if (places_[l].accelerator) set.add(l);
  return set;
}

uint32_t Topology::distance(uint32_t a, uint32_t b) const {
  if (a == b) return 0;
  const LanePlace &x = places_[a], &y = places_[b];
  if (x.node != y.node) {
    if (node_distance_.empty()) return 5;
    // Firmware counts in tenths of the latency of the own node.
    return 4 + std::max(1u, node_distance_[x.node][y.node] / 10);
  }
  if (x.core == y.core) return 1;
  if (x.cache == y.cache) return 2;
  return x.cluster == y.cluster ? 3 : 4;
}

std::vector<uint16_t> Topology::nearest(uint32_t lane) const {
  std::vector<uint16_t> order;
  for (uint32_t i = 1; i < lanes(); ++i)
    order.push_back(static_cast<uint16_t>((lane + i) % lanes()));
  std::stable_sort(order.begin(), order.end(), [&](uint16_t a, uint16_t b) {
    return distance(lane, a) < distance(lane, b);
  });
  return order;
}

}  // namespace takt
