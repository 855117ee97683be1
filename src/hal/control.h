// Control: DeviceControl of one device, and the choice of its lanes.
#pragma once

#include "hal/device.h"

namespace takt {

struct LaneSetup {
  std::vector<int> cpus;            // -1: not pinned
  std::vector<std::string> names;
};

// kUsage: a SoC that does not read, a cpu this process may not use, more than 256 lanes.
Result<LaneSetup> choose_lanes(const DeviceOptions& options);

// `executor.topology` and `helps`, for the lanes of `executor.cpus`. kUsage: helps=cluster without
// a topology; kFailed: hwloc cannot read it.
Status set_places(const DeviceOptions& options, ExecutorOptions& executor);

class Control final : public DeviceControl {
 public:
  explicit Control(HalDevice& device);

  const std::string& policy() const override { return policy_; }
  const std::vector<std::string>& lane_names() const override { return device_.lane_names; }
  const std::vector<int>& lane_cpus() const override { return device_.executor->cpus(); }
  std::string warning() const override { return device_.executor->warning(); }
  DeviceStatistics statistics() const override;
  void drain_trace(const std::function<void(const TraceEvent&)>& sink) override;
  void set_window_origin(Nanos origin) override;
  std::shared_ptr<const Plan> plan() const override;
  Status set_plan(const PlanChange& change) override;
  void add_graphs(std::vector<DispatchGraph> graphs) override;
  size_t plans_held() const override;
  void set_random_order(std::optional<uint64_t> seed) override;
  Status set_serial(int width, int first_lane) override;
  void submit_host(HostWork work) override;
  LaneMask usable_lanes() const override { return device_.executor->usable_lanes(); }
  void wait_idle() override { device_.executor->wait_idle(); }

 private:
  HalDevice& device_;
  std::string policy_;
};

}  // namespace takt
