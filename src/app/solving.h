// Solving: an instance file -> a plan, the way of `takt solve`.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "model/instance.h"
#include "model/plan.h"
#include "solve/bottleneck.h"
#include "solve/critical_chain.h"
#include "solve/solve.h"

namespace takt {

struct SolvedInstance {
  Instance instance;
  SolveResult result;
  Plan plan;
  std::vector<ChainLink> chain;        // of the operation that ends last, first in time first
  Bottleneck bottleneck;
  std::string diagnosis;               // why jobs are late or the window overrun; else empty
};

// kUsage as read_any_instance(), and when the instance has no operation; kFailed when verify()
// rejects the plan, which is a fault of takt's. A window that is overrun is no error here:
// result.score.overrun says so.
Result<SolvedInstance> solve_file(const std::string& path, const SolveOptions& options);

// The chain, the bottleneck and the diagnosis in words.
std::string solve_explanation(const SolvedInstance& solved);

}  // namespace takt
