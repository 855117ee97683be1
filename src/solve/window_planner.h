// WindowPlanner: plans of a mission that runs for ever, a window at a time: the problem of
// [from, to) (window_instance.h), solved by a Replanner with the plan in force as its guide.
//
// begin(), then step() until done(): slices bounded by a number of search steps, for a chain of
// short work items on a lane. Deterministic: the same calls give the same plans, however long a
// slice takes. The plan of a regular window (it begins at a boundary, nothing is announced) is kept
// and used again whenever that place in the hyperperiod comes again under equal conditions; what
// is left over from before then goes on as it was planned. Nothing drifts: a job's times are a
// multiple of the hyperperiod and its offset.
//
// A plan that expects hard or firm misses where there is another is not put in force: policies do
// better with the plan they have. Such a window is tried again from where the search was, some
// times, each time after longer.
//
// Threads: one at a time. Memory: bounded by the window and the cache, however long it runs.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "model/conditions.h"
#include "model/instance.h"
#include "model/objective.h"
#include "model/plan.h"
#include "model/window.h"
#include "solve/replan.h"
#include "solve/window_instance.h"

namespace takt {

struct WindowOptions {
  Nanos window = millis(100);          // longest; a shorter hyperperiod is a window
  Objective objective;                 // empty: default_objective() of the window
  int slices = 12;                     // of search, after that of the first plan
  int64_t steps_per_slice = 10;
  size_t kept_plans = 64;
  uint64_t seed = 1;
};

class WindowPlanner {
 public:
  // `base`: periodic, without commitments and outages; must outlive it. `plan`: in force at first,
  // and kept for when all is as the base says, if a hyperperiod is a window; or nullptr. Tasks
  // that it leaves out are left out of windows too: they run unplanned.
  // REQUIRES: check_instance(base), base.horizon != max(), `plan` keeps to base's modes
  WindowPlanner(const Instance& base, const Plan* plan, const WindowOptions& options = {});

  // Where window n begins: a hyperperiod is one window, or several equal ones.
  Nanos boundary(int64_t n) const;
  // The window that `time` is in.
  int64_t window_at(Nanos time) const;

  // Sets out to plan [from, to). What is going on is as `state` says; what is not committed
  // starts at max(from, state.now) or later.
  // REQUIRES: max(from, state.now) < to
  void begin(const Conditions& conditions, const WindowState& state, Nanos from, Nanos to);
  // Slices of work that are left: 0 right after begin() when a kept plan serves.
  int slices_left() const { return slices_left_; }
  bool done() const { return slices_left_ == 0; }
  // One slice. REQUIRES: !done()
  void step();
  // The plan is in force from now on. It is overwritten by the next take().
  // REQUIRES: done(), or a step() since begin(); take() has not been called since
  const WindowPlan& take();

  const WindowPlan& in_force() const { return plans_.window; }
  uint64_t reused() const { return reused_; }   // windows that took a kept plan, or what there was
  // The problem of the present window and the best plan so far (times from its origin), for tests.
  const WindowInstance& problem() const { return made_; }
  const Schedule& schedule() const { return replanner_->schedule(); }

 private:
  static constexpr int64_t kRest = 16;

  // What a window is planned for.
  struct Circumstances {
    Nanos phase, length;               // phase: of the hyperperiod
    Conditions conditions;
    bool operator==(const Circumstances&) const = default;
  };
  struct Kept {
    Circumstances of;
    // Sorted; activations and times from the window's own.
    std::vector<std::pair<RunOp, PlannedOp>> ops;
    int64_t hard_misses = 0, firm_misses = 0;
    int tries = 1;
    int64_t rest = kRest;              // so many windows of its kind before it is tried again
    bool in_time() const { return hard_misses == 0 && firm_misses == 0; }
  };

  void keep_whole(const Plan& plan);
  bool is_regular(const Conditions& conditions, Nanos now) const;
  static bool to_be_tried(Kept& plan);
  void note(const Forecast& forecast);
  Kept* find_kept();
  bool look_up(const RunOp& what, PlannedOp* planned) const;
  Schedule guide() const;
  Kept found() const;
  void keep(Kept plan);
  void put_in_force(const Kept* plan);

  const WindowBase base_;
  const WindowOptions options_;
  int64_t pieces_ = 1;                 // windows in a hyperperiod
  PlansInForce plans_;
  std::vector<TaskId> unplanned_;      // ascending
  WindowInstance made_;                // of the present window, unless a kept plan serves
  Nanos from_, to_;
  Circumstances wanted_;
  std::vector<std::pair<RunOp, PlannedOp>> decided_;   // not done, and not to be decided
  std::vector<RunOp> left_over_;       // to be decided, of jobs before the window
  size_t open_ = 0;                    // operations to be decided
  std::vector<JobId> impossible_;
  bool keeps_ = false;                 // the window's plan
  Kept* known_ = nullptr;              // kept for such a window
  std::optional<Problem> problem_;
  std::optional<Replanner> replanner_;
  int slices_left_ = 0;
  std::list<Kept> kept_;               // latest used first
  uint64_t reused_ = 0;
};

}  // namespace takt
