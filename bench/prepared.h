// What a suite needs before it can measure: the example networks, compiled, profiled on
// this host and planned. Everything is kept in Options::work_dir; a second run is quick.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/planning.h"
#include "app/prepare.h"
#include "base/result.h"
#include "bench/suites.h"
#include "model/cost_table.h"

namespace takt::bench {

struct Prepared {
  CompiledWorkload compiled;
  Soc soc;
  CostTable costs;
  std::string host;
};

// Two lanes of this host (all it has, if it has fewer).
Result<Soc> bench_soc();

// `workload` is a file of examples/workloads, or empty: every example network as a module
// without a task.
Result<Prepared> prepare_examples(const Options& options, const std::string& workload);

}  // namespace takt::bench
