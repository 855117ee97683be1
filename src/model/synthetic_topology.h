// A machine as text, in hwloc's synthetic notation, for tests.
#pragma once

#include <hwloc.h>

#include <memory>

#include "base/check.h"

namespace takt {

using HwlocTopology = std::unique_ptr<hwloc_topology, decltype(&hwloc_topology_destroy)>;

inline HwlocTopology synthetic_topology(const char* description) {
  hwloc_topology_t raw = nullptr;
  CHECK(hwloc_topology_init(&raw) == 0);
  HwlocTopology topology(raw, &hwloc_topology_destroy);
  CHECK(hwloc_topology_set_synthetic(raw, description) == 0);
  CHECK(hwloc_topology_load(raw) == 0);
  return topology;
}

}  // namespace takt
