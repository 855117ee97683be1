// Soc: the machine a plan is made for: clusters of cores, accelerators, links and
// speed levels. A plain value, read from soc.yaml or detected from the host.
//
// Lanes are derived: the cores of each cluster in order, then the accelerators. A
// lane runs one operation at a time. A lane class ("core.big", "npu.ip") names lanes
// with the same speed: costs are measured once per class, not once per lane.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/ids.h"

namespace takt {

struct Cluster {
  std::string name;
  std::string core_class;            // lane class of its cores
  int cores = 0;                     // >= 1
  std::vector<int> cpus;             // host CPU of each core; empty: not on this host
  std::vector<int64_t> speed_khz;    // speed levels, ascending; may be empty
  bool aligned = false;              // k cores together are cores i * k to (i + 1) * k - 1
  int corun_pct = 0;                 // how much longer work takes beside work on its other cores
};

struct Accelerator {
  std::string name;
  std::string kind;                  // lane class
  ClusterId cluster;                 // whose cores drive it
  bool exclusive = true;             // one user at a time
};

struct Link {
  ClusterId from;
  ClusterId to;
  Nanos latency;
  int64_t bytes_per_us = 0;          // > 0
};

struct Thermal {
  double throttle_c = 0;             // temperature at which the SoC throttles; 0: unknown
};

struct Lane {
  enum class Kind { kCore, kAccelerator };
  std::string name;                  // "big.0", "npu"
  std::string lane_class;
  Kind kind = Kind::kCore;
  ClusterId cluster;
  int cpu = -1;                      // host CPU, -1 when not on this host
};

struct Soc {
  std::string name;
  std::vector<Cluster> clusters;
  std::vector<Accelerator> accelerators;
  std::vector<Link> links;
  Thermal thermal;
  std::vector<Lane> lanes;           // derived by derive_lanes()

  int core_lanes() const;            // lanes that are cores; they come first
};

// Fills `soc.lanes` from clusters and accelerators.
void derive_lanes(Soc& soc);

// Reads soc.yaml (docs/formats.md). Errors are kUsage and name `path` and line.
Result<Soc> read_soc(const std::string& path);
Result<Soc> parse_soc(std::string_view text, const std::string& path);
std::string write_soc(const Soc& soc);

// The host's own SoC by hwloc: one cluster per shared last-level cache and core kind;
// only CPUs this process may use. One lane per physical core (its first hardware thread).
Result<Soc> detect_soc();

}  // namespace takt
