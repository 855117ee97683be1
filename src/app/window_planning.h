// Window planning for a simulation: WindowPlanner as the Planner that the simulator asks. Notes
// how much time of this thread every new plan took.
#pragma once

#include <vector>

#include "app/lane_saver.h"
#include "base/nanos.h"
#include "dispatch/planner.h"
#include "model/workload.h"
#include "sim/sim_input.h"
#include "solve/window_planner.h"

namespace takt {

// Of the workload: the length of its windows, what its plans are after.
WindowOptions window_options(const Workload& workload, const Instance& base);

class WindowPlanning final : public Planner {
 public:
  // As WindowPlanner. `announced`: see with_announced(); the mission begins at 0. `saver`: which
  // lanes sleep.
  WindowPlanning(const Instance& base, const Plan* plan, const WindowOptions& options = {},
                 std::vector<SpeedChange> announced = {}, const LaneSaver& saver = {})
      : base_(base), announced_(std::move(announced)), saver_(saver),
        planner_(base, plan, options) {}

  Nanos boundary(int64_t n) const override { return planner_.boundary(n); }
  int64_t window_at(Nanos time) const override { return planner_.window_at(time); }
  bool begin(const Conditions& conditions, const WindowState& state, Nanos from,
             Nanos to) override;
  bool step() override;
  const WindowPlan& take() override {
    const WindowPlan& plan = planner_.take();
    saver_.note(plan);
    return plan;
  }

  const WindowPlanner& planner() const { return planner_; }
  // Of every plan that was not a kept one; the last may be unfinished.
  const std::vector<Nanos>& spent() const { return spent_; }

 private:
  const Instance& base_;
  const std::vector<SpeedChange> announced_;
  LaneSaver saver_;
  WindowPlanner planner_;
  std::vector<Nanos> spent_;
};

// Slices that plans with `options` take, as the simulator's planner task should have.
inline uint32_t planner_slices(const WindowOptions& options) {
  return uint32_t(options.slices) + 1;
}

}  // namespace takt
