// The mission on a takt device: the lanes do everything. Job k+1 of a task is submitted
// by a host call that the queue makes when job k is complete; it carries the job's
// release, so the executor starts it on time. Only the first job of each task is
// submitted by the calling thread, which then sleeps until the last job has ended.
#pragma once

#include <condition_variable>
#include <mutex>

#include "app/mission.h"
#include "app/mission_tasks.h"
#include "trace/collector.h"

namespace takt {

class TaktMission final : public Mission {
 public:
  TaktMission(const Workload& workload, std::vector<MissionTask> tasks,
              std::shared_ptr<Device> device)
      : workload_(workload), tasks_(std::move(tasks)), device_(std::move(device)) {}

  Result<Trace> run(const MissionOptions& options) override;
  Result<std::vector<std::vector<std::string>>> outputs() override { return last_outputs(tasks_); }

 private:
  // One task of the current run. Used by one thread at a time: whoever completes its job.
  struct Runner {
    TaktMission* mission = nullptr;
    MissionTask* task = nullptr;
    uint64_t jobs = 0;      // to release in this run
    uint64_t next = 0;      // the job to submit next
    uint64_t current = 0;   // the job in flight
    bool ended = false;     // guarded by mutex_
  };

  // Submits the next job of `runner` that is not shed; ends the runner after the last.
  void submit_next(Runner& runner);
  Status submit_job(Runner& runner);
  void end_runner(Runner& runner, Status status);
  void record_submit(uint32_t task, uint64_t job, Nanos begin, Nanos end);
  uint16_t lane_of_this_thread() const;   // lanes are pinned
  static iree_status_t job_completed(void* runner, const uint64_t args[4],
                                     iree_hal_host_call_context_t* context);
  // Until every runner has ended. A job that failed never completes: its error, found on
  // its timeline, ends the wait; so does a job that is not done long after the run's end.
  void wait_for_runners(TraceCollector& collector);
  void drain(TraceCollector& collector);
  void end_failed_runners();

  const Workload workload_;
  std::vector<MissionTask> tasks_;
  std::shared_ptr<Device> device_;

  // The current run.
  MissionOptions options_;
  Nanos origin_;
  std::vector<Runner> runners_;   // stay until the next run: a late host call may come

  std::mutex mutex_;              // guards what follows
  std::condition_variable ended_;
  size_t running_ = 0;            // runners that have not ended
  Status first_error_;
  std::vector<TraceEvent> submits_;
};

}  // namespace takt
