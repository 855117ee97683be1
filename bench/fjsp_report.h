// What the runs of fjsp mean: figures per instance at the checkpoints, means per set, and the
// checks: goals, ahead of CP-SAT, nothing CP-SAT proves in half the time left unproven, and
// nothing that contradicts what is published.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bench/shop_set.h"
#include "bench/solver_run.h"

namespace takt::bench {

struct ShopRuns {
  Shop shop;
  uint64_t seed = 1;
  SolverRun takt;
  std::optional<SolverRun> cpsat;
};

// Checkpoints are those up to limits.time, half of it and all of it.
nlohmann::json fjsp_report(const std::vector<ShopRuns>& all, const RunLimits& limits,
                           const std::vector<double>& checkpoints_s);

// "927 (bound 927, proven in 3.2 s)"
std::string outcome_text(const SolverRun& run);

}  // namespace takt::bench
