// Window planning for a simulation: WindowPlanner as the Planner that the simulator asks. Notes
// how much time of this thread every new plan took.
#pragma once

#include <vector>

#include "base/nanos.h"
#include "dispatch/planner.h"
#include "sim/sim_input.h"
#include "solve/window_planner.h"

namespace takt {

class WindowPlanning final : public Planner {
 public:
  // As WindowPlanner.
  WindowPlanning(const Instance& base, const Plan* plan, const WindowOptions& options = {})
      : planner_(base, plan, options) {}

  Nanos boundary(int64_t n) const override { return planner_.boundary(n); }
  int64_t window_at(Nanos time) const override { return planner_.window_at(time); }
  bool begin(const Conditions& conditions, const WindowState& state, Nanos from,
             Nanos to) override;
  bool step() override;
  const WindowPlan& take() override { return planner_.take(); }

  const WindowPlanner& planner() const { return planner_; }
  // Of every plan that was not a kept one; the last may be unfinished.
  const std::vector<Nanos>& spent() const { return spent_; }

 private:
  WindowPlanner planner_;
  std::vector<Nanos> spent_;
};

// Slices that plans with `options` take, as the simulator's planner task should have.
inline uint32_t planner_slices(const WindowOptions& options) {
  return uint32_t(options.slices) + 1;
}

}  // namespace takt
