// Planner: who makes the plans of windows (model/window.h) while a run goes on. The simulator and
// the executor ask it; it is implemented over the solver, which neither may include. Planning is
// work in slices: the task kPlannerTask runs one after another, scheduled like other soft work.
//
// Threads: one call at a time.
#pragma once

#include <cstdint>

#include "base/nanos.h"
#include "model/conditions.h"
#include "model/window.h"

namespace takt {

inline constexpr const char* kPlannerTask = "takt.planner";

class Planner {
 public:
  virtual ~Planner() = default;

  // Where window n of the run begins, and the window that `time` is in.
  virtual Nanos boundary(int64_t n) const = 0;
  virtual int64_t window_at(Nanos time) const = 0;

  // Sets out to plan [from, to); what starts before `from` stays as planned. False: the plan is
  // there, take() it.
  virtual bool begin(const Conditions& conditions, const WindowState& state, Nanos from,
                     Nanos to) = 0;
  // One slice of work; false: it was the last. REQUIRES: begin() was true, no step() false since
  virtual bool step() = 0;
  // The best plan so far, in force from now on; it lives until the next take().
  // REQUIRES: a step() since begin(), or begin() was false
  virtual const WindowPlan& take() = 0;
};

}  // namespace takt
