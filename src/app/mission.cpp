#include "app/mission.h"

#include "app/stock_mission.h"
#include "app/takt_mission.h"

namespace takt {

Result<std::unique_ptr<Mission>> Mission::create(const CompiledWorkload& compiled,
                                                 std::shared_ptr<Device> device, uint64_t seed) {
  // Before the modules are loaded: their command buffers are matched as they are recorded.
  if (DeviceControl* const control = device->control()) control->add_graphs(compiled.graphs());
  TAKT_ASSIGN(std::vector<MissionTask> tasks, load_tasks(compiled, device, seed));
  if (device->control())
    return std::unique_ptr<Mission>(
        std::make_unique<TaktMission>(compiled, std::move(tasks), std::move(device), seed));
  return std::unique_ptr<Mission>(
      std::make_unique<StockMission>(compiled.workload, std::move(tasks)));
}

}  // namespace takt
