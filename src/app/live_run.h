// LiveRun: one workload on one device, for a while or until it is stopped, watched and changed by
// others meanwhile; whatever ran in the end is compared with stock IREE bit for bit.
#pragma once

#include <functional>
#include <memory>

#include "app/comparison.h"
#include "app/mission.h"
#include "app/prepare.h"
#include "base/result.h"

namespace takt {

// Called when the mission is loaded and about to run; what it gives lives until the run is over.
using Companion = std::function<Result<std::shared_ptr<void>>(Mission&)>;

// The figures are over all tasks that ran, `identical` over those of the last workload. Errors as
// compare(), and the companion's.
Result<DeviceRun> run_live(const CompiledWorkload& compiled, const std::shared_ptr<Device>& device,
                           const std::shared_ptr<Device>& reference,
                           const MissionOptions& options, uint64_t seed,
                           const Companion& companion);

}  // namespace takt
