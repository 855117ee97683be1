// The mission on a takt device: the lanes do everything. Job k+1 of a task is submitted
// by a host call that the queue makes when job k is complete; it carries the job's
// release, so the executor starts it on time. Only the first job of each task is
// submitted by the calling thread, which then sleeps until the last job has ended, and drains
// what the lanes record meanwhile.
//
// A job may have to wait before it is submitted: for its window, for a change, and for the jobs of
// other tasks: event-driven jobs for those that trigger them, `every` edges for the writer, and the
// writer for room in the buffer. Whoever ends such a job submits who waited for it.
//
// A change (switch_to) is made ready beside the run; then, in one moment under the mutex, a
// boundary is chosen that no submitted job lies behind, the old tasks get an end there, the new
// ones a start, and the device the new plan for the jobs from there on.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <map>
#include <optional>

#include "app/mission_control.h"
#include "app/loop_log.h"
#include "app/mission_loop.h"
#include "app/task_runner.h"
#include "base/pi_mutex.h"
#include "trace/collector.h"

namespace takt {

class TaktMission final : public Mission, public MissionControl, private LoopMission {
 public:
  TaktMission(CompiledWorkload compiled, std::vector<MissionTask> tasks,
              std::shared_ptr<Device> device, uint64_t seed);
  ~TaktMission() override;   // waits for what is in flight

  Result<Trace> run(const MissionOptions& options) override;
  Result<std::vector<std::vector<std::string>>> outputs() override;
  MissionControl* control() override { return this; }

  CompiledWorkload workload() const override;
  std::vector<TaskFigures> figures() const override;
  std::optional<LoopReport> loop_report() const override;
  Result<SwitchReport> switch_to(const CompiledWorkload& next, const Plan* plan,
                                 const Instance* planning) override;

 private:
  struct Change;   // takt_mission_switch.cpp

  // takt_mission.cpp
  // LoopMission
  bool goes_on() const override;
  std::vector<TaskProgress> progress() const override;
  void open_until(Nanos until) override;

  Status begin_run(const MissionOptions& options);
  Status begin_planning();
  Status check_planning(const Instance& base, const Workload& workload) const;
  // Of `compiled` from `origin` on; takes a while.
  std::shared_ptr<MissionLoop> make_loop(const Instance& base, const CompiledWorkload& compiled,
                                         const Plan* plan,
                                         std::vector<PlanChange::TaskJobs> tasks, Nanos origin);
  // A runner of `task`, not started. REQUIRES: mutex_ is held
  TaskRunner& add_runner(std::shared_ptr<MissionTask> task, uint64_t first, Nanos start);
  uint32_t index_of(const std::string& name);   // in the trace; REQUIRES: mutex_ is held
  std::vector<TaskRunner*> all_runners();
  std::shared_ptr<MissionLoop> loop() const;

  // takt_mission_jobs.cpp
  // Which runner waits for which, as the workload says: tasks[t] is its task t, whose job first[t]
  // is the first from the same moment on; null: has ended. REQUIRES: mutex_ is held
  void link(const Workload& workload, const std::vector<TaskRunner*>& tasks,
            const std::vector<uint64_t>& first);
  // Submits the next job of `runner` that is not shed; ends the runner after the last.
  void submit_next(TaskRunner& runner);
  void submit_waiting();
  struct Taken {
    uint64_t job = 0;
    bool shed = false;                    // with the job that triggers it
  };
  std::optional<Taken> take_job(TaskRunner& runner);
  bool has_to_wait(const TaskRunner& runner) const;   // REQUIRES: mutex_ is held
  void job_over(TaskRunner& runner, uint64_t job, JobOutcome outcome);
  void submit_followers(TaskRunner& runner);
  Status submit_job(TaskRunner& runner, uint64_t job);
  void end_runner(TaskRunner& runner, const Status& status);
  uint16_t lane_of_this_thread() const;   // lanes are pinned
  static iree_status_t job_completed(void* runner, const uint64_t args[4],
                                     iree_hal_host_call_context_t* context);

  // Until every runner has ended. A job that failed never completes: its error, found on
  // its timeline, ends the wait; so does a job that is not done long after the run's end.
  void wait_for_runners();
  void drain();
  void end_failed_runners();
  void give_up_late_runners();
  bool stopped() const { return options_.stop && options_.stop->load(std::memory_order_relaxed); }

  // takt_mission_switch.cpp
  Result<Change> prepare(const CompiledWorkload& next, const Plan* plan, const Instance* planning);
  Status close_gate(Change& change);
  void end_planning_at(Nanos boundary);
  void plan_with(std::shared_ptr<MissionLoop> loop);
  void refuse_change();
  void plan_jobs(Change& change);
  Result<SwitchReport> take_over(Change& change);

  const std::shared_ptr<Device> device_;
  const uint64_t seed_;

  // The current run. Constant while it runs, or used by its thread only.
  MissionOptions options_;
  Nanos origin_;
  std::optional<TraceCollector> collector_;
  std::optional<LoopLog> log_;            // of a run that plans windows
  uint32_t planner_task_ = 0;             // in the trace
  EventRing<TraceEvent> submits_;         // pushed under the mutex, drained by the run's thread

  mutable PiMutex mutex_;                 // guards what follows; held for moments only
  std::condition_variable_any ended_;
  CompiledWorkload compiled_;             // W
  std::shared_ptr<const Plan> plan_;      // of W since a switch; null: the device's own
  Nanos plan_base_;                       // where W began: the run's start, or the last boundary
  std::shared_ptr<MissionLoop> loop_;     // plans W's windows; null: nobody does
  // Jobs released from these on are not submitted yet: a change is being made, windows are planned.
  Nanos change_gate_ = Nanos::max();
  Nanos window_gate_ = Nanos::max();
  Nanos gate() const { return std::min(change_gate_, window_gate_); }
  std::vector<std::shared_ptr<MissionTask>> tasks_;   // of W
  std::deque<TaskRunner> runners_;        // stay until the next run: a late host call may come
  std::vector<std::string> names_;        // Trace::tasks
  std::deque<JobTally> tallies_;          // per name
  bool runs_ = false;
  size_t running_ = 0;                    // runners that have not ended
  Status first_error_;
};

}  // namespace takt
