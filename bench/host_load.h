// The heavy robot workload on lanes of this host at a chosen load: what `policies` and `cotenant`
// run here.
#pragma once

#include <memory>
#include <string>

#include "app/device.h"
#include "bench/prepared.h"
#include "model/instance.h"
#include "model/workload.h"

namespace takt::bench {

struct HostLoad {
  Prepared prepared;             // its workload is at the load of the last set_load()
  Workload natural;
  Instance instance;             // of it
  double natural_pct = 0;        // of the lanes' time, one core an operation
};

// At its natural rates.
Result<HostLoad> prepare_host_load(const Options& options);

// A device on its lanes as missions take it, real-time priority where permitted. `plan_path` empty:
// no plan.
Result<std::shared_ptr<Device>> host_device(const Prepared& prepared, const std::string& policy,
                                            const std::string& plan_path);

// Stretches or shortens all periods, and with them deadlines, phases and chains.
void set_load(int load_pct, HostLoad& host);

}  // namespace takt::bench
