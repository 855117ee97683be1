// Published workloads: real-time benchmarks that come as numbers, without models. They become
// what a workload with models is made of: workload.yaml, a dispatch graph per module (without a
// .vmfb: planned and simulated, never run), costs of a host that is called after the benchmark,
// and a SoC.
#pragma once

#include <string>
#include <vector>

#include "app/prepare.h"
#include "base/result.h"
#include "model/cost_table.h"
#include "model/soc.h"

namespace takt {

struct PublishedWorkload {
  CompiledWorkload compiled;           // graphs without files until written
  CostTable costs;
  Soc soc;
  std::string host;                    // whose costs they are: "waters2019", "xrbench"
};

// WATERS 2019 industrial challenge: each task a chain of its runnables, with their least, mean
// and longest times on A57, Denver and GPU; last-value edges; chains with the age that deadlines
// allow as their deadline (the sum of period and deadline along them: Davare et al. 2007). The
// GPU is a cluster of one lane of its own, since tasks there leave their core. kUsage with line
// and field.
Result<PublishedWorkload> read_waters2019(const std::string& path);

// What XRBench leaves open: the machine. Its models are told by their multiply-accumulates alone;
// each becomes a chain of equal operations, a layer each, neighbours taken together above 12.
struct XrbenchOptions {
  std::string scenario;
  Soc soc;                             // its lane classes: core.big, core.little, npu.ip
  // Of one big core, in 10^9 multiply-accumulates a second; a little core makes 40 % of it, the
  // accelerator six times as much (as examples/instances/robot.py has them), and of the time on
  // one core 5 % do not divide by the number of cores.
  double gmacs_per_s = 30;
};
Result<std::vector<std::string>> xrbench_scenarios(const std::string& path);
Result<PublishedWorkload> read_xrbench(const std::string& path, const XrbenchOptions& options);

// workload.yaml at `path`, and beside it <stem>.soc.yaml, <stem>.costs.sqlite and a directory
// <stem>-graphs. kFailed when a file cannot be written.
Status write_published(PublishedWorkload published, const std::string& path);

}  // namespace takt
