// MissionLoop: planning as a loop. While window n of a run runs, window n+1 is planned on a lane,
// in slices that compete with the kernels under the policy (task "takt.planner"); jobs of a window
// are submitted a margin before it begins, when its plan is there. Else the planner is late: the
// window runs by the plan that the mission began with, or without one, and the report says so.
//
// What is measured is held against what the plans reckon with (dispatch/triggers.h): when that
// asks for it, the next windows are planned for what holds now.
//
// Threads: the slices run on lanes, one after another, and nobody else touches the planner; what
// opens the windows runs on lanes, too; observe() is for the thread that drains the trace,
// report() for any.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/loop_report.h"
#include "app/prepare.h"
#include "base/pi_mutex.h"
#include "dispatch/triggers.h"
#include "hal/takt_driver.h"
#include "model/instance.h"
#include "solve/window_planner.h"
#include "trace/job_tally.h"

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
  virtual std::vector<TaskProgress> progress() const = 0;   // per task of the workload
  // Jobs released before `until` may be submitted.
  virtual void open_until(Nanos until) = 0;
};

class MissionLoop {
 public:
  // `base`: a hyperperiod of `compiled`, its tasks in that order; `plan`: of `base`, in force at
  // first, or nullptr. `planner_task`: its index in the trace. `base`, `mission` and `control`
  // outlive the loop; the loop outlives all work in flight.
  MissionLoop(LoopMission& mission, DeviceControl& control, const Instance& base,
              const Plan* plan, const CompiledWorkload& compiled, uint32_t planner_task,
              Nanos origin);

  // REQUIRES: no job is submitted yet
  void start();
  // No window is planned from now on; they are opened as before. True when no slice runs: the
  // device gets no plan from the loop any more.
  bool pause();
  void resume();

  void observe(const TraceEvent& event);
  LoopReport report() const;

 private:
  // One operation of a task, and its shares of the job that were seen.
  struct Observed {
    uint32_t kernel = UINT32_MAX;  // as Triggers numbers it
    Nanos expected;                // of its mode on one lane; 0: it has none
    uint64_t tiles = 0;            // 0: not known
    uint64_t job = UINT64_MAX, seen = 0;
    uint16_t lane = 0;
    Nanos time;
  };

  uint32_t number_kernels(const CompiledWorkload& compiled);
  Nanos absolute(int64_t window) const { return origin_ + planner_.boundary(window); }
  void await_window(int64_t window);
  void open_window(int64_t window);
  void begin_planning(int64_t window);
  void submit_slice();
  void run_slice();
  bool plan_on(Nanos now);
  bool hand_over();
  WindowState state(Nanos now) const;
  OpState op_state(const PlannedJob* planned, OpId op, Nanos now) const;
  Conditions conditions_now(Nanos now);
  void note(const ReplanRequest& request);
  uint32_t roomiest_lane() const;

  LoopMission& mission_;
  DeviceControl& control_;
  const Instance& base_;
  const std::vector<PlanModule> modules_;
  const uint32_t planner_task_;
  const Nanos origin_;
  const std::vector<std::vector<JobId>> jobs_of_;
  std::vector<std::string> kernel_hashes_;           // by Triggers' numbers

  // Of the slices.
  WindowPlanner planner_;
  int64_t planning_ = 0;           // the window that is, or was last, planned
  bool begun_ = false;
  uint32_t lane_ = 0;
  Nanos spent_;                    // on the present window

  mutable PiMutex mutex_;          // guards what follows
  std::vector<std::vector<Observed>> ops_of_;        // per task and graph_op
  std::unique_ptr<Triggers> triggers_;
  Conditions conditions_;          // that plans are made for
  LaneMask lost_;
  int64_t planned_ = 0;            // the last window whose plan the device has
  bool busy_ = false;              // slices are to come
  bool paused_ = false;
  LoopReport report_;
  JobTally times_;
};

}  // namespace takt
