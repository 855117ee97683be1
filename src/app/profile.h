// Profiling: measures every distinct kernel of the given functions inside its module,
// with its real neighbours, on every lane class of this host's SoC and at widths 1, 2,
// 4, ... up to the cluster. Operations run one after another (policy "serial"), so a
// duration is the kernel's own; the module runs warm, as in a control loop.
//
// Also measures "submit": the host time to submit one call, which a plan reserves.
// What the database already has is not measured again, so an interrupted profile goes
// on where it stopped.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "cost/cost_db.h"
#include "model/dispatch_graph.h"
#include "model/soc.h"

namespace takt {

struct ProfileTarget {
  std::string module;        // name in the workload
  std::string vmfb;          // path
  std::string graph_path;
  DispatchGraph graph;
  std::string function;
};

struct ProfileProgress {
  int done = 0;              // cells (function x lane class x width) finished
  int total = 0;
  std::string what;          // "dronet, core.big, width 2"
  Nanos elapsed;
  Nanos left;                // estimated from the cells so far
};

struct ProfileOptions {
  int calls_min = 20;                // per cell
  int calls_max = 2000;
  Nanos cell_time = millis(300);     // a cell ends after this time and calls_min calls
  int warmup_calls = 5;
  std::function<void(const ProfileProgress&)> progress;   // may be empty
  const std::atomic<bool>* stop = nullptr;                // set: ends after the current cell
};

struct ProfileSummary {
  int measured = 0;          // costs recorded
  int known = 0;             // costs that were there
  bool stopped = false;
};

Result<ProfileSummary> profile(const std::vector<ProfileTarget>& targets, const Soc& soc,
                               CostDb& db, const std::string& host,
                               const ProfileOptions& options);

}  // namespace takt
