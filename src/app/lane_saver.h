// LaneSaver: the lanes that windows of a workload that saves energy leave asleep: those that its
// plan has nothing for. They are woken for good when a window without them cannot be in time.
#pragma once

#include "base/lane_mask.h"
#include "model/conditions.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/window.h"
#include "model/workload.h"

namespace takt {

class LaneSaver {
 public:
  LaneSaver() = default;   // no lane sleeps
  // `plan`: of `base`, or nullptr: no lane sleeps.
  LaneSaver(const Workload& workload, const Instance& base, const Plan* plan) {
    if (workload.energy != Energy::kSave || !plan) return;
    asleep_ = LaneMask::first(static_cast<uint32_t>(base.lane_names.size()));
    for (const PlanOp& op : plan->operations)
      for (const LaneId lane : op.lanes) asleep_.remove(lane.value());
  }

  // A window under `conditions` is planned without the lanes that sleep. When lanes of the plan
  // are lost all others wake.
  Conditions without_asleep(Conditions conditions) {
    if (!(conditions.lost - asleep_).empty()) asleep_ = {};
    conditions.lost = conditions.lost | asleep_;
    return conditions;
  }
  void note(const WindowPlan& plan) {
    if (plan.hard_misses > 0 || plan.firm_misses > 0) asleep_ = {};
  }
  const LaneMask& asleep() const { return asleep_; }

 private:
  LaneMask asleep_;
};

}  // namespace takt
