#include "app/mission.h"

#include "app/stock_mission.h"
#include "app/takt_mission.h"

namespace takt {

Result<std::unique_ptr<Mission>> Mission::create(const Workload& workload,
                                                 const std::vector<std::string>& vmfbs,
                                                 std::shared_ptr<Device> device, uint64_t seed) {
  TAKT_ASSIGN(std::vector<MissionTask> tasks, load_tasks(workload, vmfbs, device, seed));
  if (device->control())
    return std::unique_ptr<Mission>(
        std::make_unique<TaktMission>(workload, std::move(tasks), std::move(device)));
  return std::unique_ptr<Mission>(std::make_unique<StockMission>(workload, std::move(tasks)));
}

}  // namespace takt
