// The options of `takt run`, and the device they ask for.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "app/prepare.h"
#include "base/result.h"
#include "hal/takt_driver.h"
#include "model/plan.h"
#include "model/soc.h"

namespace takt {

struct RunArguments {
  std::string workload, mode, plan, soc, modules, policy, trace, control;
  std::string db = "costs.sqlite";
  std::string duration = "5s", watch = "100ms", timer_slack, helps = "anybody";
  std::vector<std::string> against;
  uint64_t jobs = 0;
  uint64_t seed = 1;
  bool oversubscribe = false, no_realtime = false, no_control = false, lock_memory = false;
  bool learn = false, windows = false, json = false;
};

void add_run_options(CLI::App& app, RunArguments& arguments);

// `plan`: of arguments.plan, when that names one. kUsage names the option that is wrong.
Result<DeviceOptions> device_options(const RunArguments& arguments, const Plan& plan,
                                     const Soc& soc, const CompiledWorkload& compiled);

}  // namespace takt
