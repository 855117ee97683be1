// Prepare: what must be there before a workload can be planned or run: its modules
// compiled, this host's SoC known, every cost measured. Each step skips what is done.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/profile.h"
#include "base/result.h"
#include "compile/compile.h"
#include "hal/takt_driver.h"
#include "model/soc.h"
#include "model/workload.h"

namespace takt {

struct CompiledWorkload {
  Workload workload;
  std::vector<compile::CompiledModule> modules;   // [i] belongs to workload.modules[i]

  std::vector<DispatchGraph> graphs() const;
  // Plannable functions of the tasks, of modules with a .vmfb.
  std::vector<ProfileTarget> profile_targets() const;
};

// Compiles every module of `workload` into `output_dir`; modules given as .vmfb must have
// their graph (made by `takt compile`) beside them. A module given as .graph.json has no .vmfb: it
// is planned and simulated, and cannot be loaded.
Result<CompiledWorkload> compile_workload(const Workload& workload, const std::string& output_dir,
                                          const compile::CompileOptions& options = {});

// The SoC in `path`, or this host's when it is empty. kUsage when it has more cores than
// this host and `oversubscribe` is off, or lanes that are not on this host.
Result<Soc> host_soc(const std::string& path, bool oversubscribe);

// The host CPU of each core lane, in lane order.
std::vector<int> core_cpus(const Soc& soc);

// A device on all cores of `soc` for missions: jobs are submitted by lanes, ahead of their release;
// real-time priority where permitted, and traced. `plan_path` "": without a plan. The rest, the
// policy too, is as by default.
DeviceOptions mission_device_options(const CompiledWorkload& compiled, const Soc& soc,
                                     const std::string& plan_path);

// Cuts `soc` down to its first `lanes` cores (all of the first cluster first).
Result<Soc> limit_lanes(Soc soc, int lanes);

}  // namespace takt
