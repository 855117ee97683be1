// MissionLoop: planning as a loop. While window n of a workload's run runs, window n+1 is planned
// on a lane, in slices that compete with the kernels under the policy (task "takt.planner"); jobs
// of a window are submitted a margin before it begins, when its plan is there. Else the planner is
// late: the window runs by the plan that the workload began with, or without one, and the report
// says so. Windows are planned for what is measured (loop_conditions.h) and announced.
//
// One loop plans one workload. When the mission goes over to another at a boundary, that one has a
// loop of its own from there on (end_at, retire); work in flight keeps its loop alive.
//
// Threads: the slices run on lanes, one after another, and nobody else touches the planner; what
// opens the windows runs on lanes, too; observe() is for the thread that drains the trace, the
// rest for any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/lane_saver.h"
#include "app/loop_conditions.h"
#include "app/loop_log.h"
#include "app/prepare.h"
#include "base/pi_mutex.h"
#include "hal/takt_driver.h"
#include "model/instance.h"
#include "solve/window_planner.h"

namespace takt {

// Where a task of the mission is.
struct TaskProgress {
  uint64_t next = 0;               // its first job that is not submitted
  bool in_flight = false;          // job next - 1 has not ended
};

// What the loop asks of its mission, from lanes.
class LoopMission {
 public:
  virtual ~LoopMission() = default;
  virtual bool goes_on() const = 0;
  virtual std::vector<TaskProgress> progress() const = 0;   // by ActiveJob::task
  // Jobs released before `until` may be submitted, by whoever says the latest.
  virtual void open_until(Nanos until) = 0;
};

struct LoopInput {
  Instance base;                   // a hyperperiod of `compiled`, its tasks in that order
  const Plan* plan = nullptr;      // of `base`, in force at first; or nullptr
  const CompiledWorkload* compiled = nullptr;        // read during construction
  // Which of its tasks a job of the run belongs to, and which job is its job 0: by
  // ActiveJob::task.
  std::vector<PlanChange::TaskJobs> tasks;
  uint32_t planner_task = 0;       // its index in the trace
  Nanos origin;                    // absolute time of the base's time 0
  Nanos announced_from;            // ... that Workload::throttling counts from
};

class MissionLoop : public std::enable_shared_from_this<MissionLoop> {
 public:
  // `mission`, `control` and `log` outlive all work in flight.
  MissionLoop(LoopMission& mission, DeviceControl& control, LoopLog& log, LoopInput input);

  // Plans window 1 and opens the ones after; who calls it opens window 0.
  void start();
  // No plan for a window that ends behind `boundary` is handed over from now on; max(): any.
  // False: one may be on its way yet.
  bool end_at(Nanos boundary);
  // Nor are windows that begin there or later opened. REQUIRES: end_at() with a boundary
  void retire();

  void observe(const TraceEvent& event);
  // Looks at what the machine is like now. A few system calls.
  void look(Nanos now);

  Nanos boundary(int64_t window) const { return origin_ + planner_.boundary(window); }

 private:
  void await_window(int64_t window);
  void open_window(int64_t window);
  void begin_planning(int64_t window);
  void submit_slice();
  void run_slice();
  bool plan_on(Nanos now);
  bool hand_over();
  bool is_wanted(int64_t window) const { return boundary(window + 1) <= end_; }
  WindowState state(Nanos now) const;
  OpState op_state(const PlannedJob* planned, OpId op, Nanos now) const;
  Conditions conditions_now(Nanos now);
  uint32_t roomiest_lane() const;

  LoopMission& mission_;
  DeviceControl& control_;
  LoopLog& log_;
  const Instance base_;
  const std::vector<PlanChange::TaskJobs> tasks_;
  const std::vector<PlanModule> modules_;
  const std::vector<SpeedChange> announced_;         // absolute
  const uint32_t planner_task_;
  const Nanos origin_;
  const std::vector<std::vector<JobId>> jobs_of_;

  // Of the slices.
  LaneSaver saver_;
  WindowPlanner planner_;
  int64_t planning_ = 0;           // the window that is, or was last, planned
  bool begun_ = false;
  uint32_t lane_ = 0;
  Nanos spent_;                    // on the present window

  mutable PiMutex mutex_;          // guards what follows
  LoopConditions conditions_;
  int64_t planned_ = 0;            // the last window whose plan the device has
  bool busy_ = false;              // slices are to come
  Nanos end_ = Nanos::max();
  bool retired_ = false;
};

}  // namespace takt
