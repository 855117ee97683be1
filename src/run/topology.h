// Topology: where the lanes of an executor sit: which of them share a core (SMT), a cache, a
// cluster, a memory node. A plain value; the executor wakes and helps near lanes first.
#pragma once

#include <hwloc.h>

#include <span>
#include <string>
#include <vector>

#include "base/lane_mask.h"
#include "base/result.h"
#include "model/soc.h"

namespace takt {

struct LanePlace {
  static constexpr uint32_t kNoLane = UINT32_MAX;

  int cpu = -1;                  // host cpu; -1: runs wherever the system puts it
  uint32_t core = 0;             // equal ones are hardware threads of one core
  uint32_t cache = 0;            // ... share their outermost cache
  uint32_t cluster = 0;          // of the SoC
  uint32_t node = 0;             // memory node (NUMA)
  // An accelerator has no thread of its own: its cluster's cores drive it.
  bool accelerator = false;
};

class Topology {
 public:
  Topology() = default;
  // Lanes that share nothing but cluster and memory, in the given order.
  static Topology flat(std::span<const int> cpus);
  // The lanes of `soc`, cores first; caches and nodes are not part of a Soc: one per cluster.
  static Topology of_soc(const Soc& soc);
  // One lane per cpu of the host. kFailed: hwloc cannot read it, or a cpu is not there.
  static Result<Topology> of_host(std::span<const int> cpus);
  static Result<Topology> of_hwloc(hwloc_topology_t topology, std::span<const int> cpus);

  uint32_t lanes() const { return static_cast<uint32_t>(places_.size()); }
  const LanePlace& operator[](uint32_t lane) const { return places_[lane]; }
  uint32_t clusters() const;                 // 1 more than the largest index
  LaneMask cluster(uint32_t index) const;    // its lanes, accelerators included
  LaneMask accelerators() const;

  // 0: the same lane, 1: the same core, 2: the same cache, 3: the same cluster, 4: the same
  // memory node; beyond that 5 and up, more for nodes that are further (firmware's table).
  uint32_t distance(uint32_t a, uint32_t b) const;
  // All other lanes, nearest first; equally near ones in ascending order behind `lane`, so that
  // lanes do not all turn to the same neighbour.
  std::vector<uint16_t> nearest(uint32_t lane) const;

 private:
  std::vector<LanePlace> places_;
  std::vector<std::vector<uint32_t>> node_distance_;   // empty: all alike
};

}  // namespace takt
