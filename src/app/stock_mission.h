// The mission on IREE's own drivers: one thread per task sleeps until the next release,
// calls the function and waits for it.
#pragma once

#include "app/mission.h"
#include "app/mission_tasks.h"

namespace takt {

class StockMission final : public Mission {
 public:
  StockMission(const Workload& workload, std::vector<MissionTask> tasks)
      : workload_(workload), tasks_(std::move(tasks)) {}

  Result<Trace> run(const MissionOptions& options) override;
  Result<std::vector<std::vector<std::string>>> outputs() override;

 private:
  const Workload workload_;
  std::vector<MissionTask> tasks_;
};

}  // namespace takt
