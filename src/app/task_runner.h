// TaskRunner: one task in a run of a takt mission: its jobs, one after another, what is recorded
// of them and where it is. Used by one thread at a time: whoever completes its job; what others
// look at is atomic, or guarded by the mission's mutex.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "app/mission_tasks.h"
#include "base/event_ring.h"
#include "trace/job_tally.h"

namespace takt {

class TaktMission;

struct TaskRunner {
  TaskRunner(TaktMission& of, std::shared_ptr<MissionTask> with, JobSeries jobs_of,
             JobTally& counts, size_t ring_capacity)
      : mission(of), task(std::move(with)), jobs(std::move(jobs_of)), tally(counts),
        events(ring_capacity), next(jobs.first), current(jobs.first),
        over(jobs.first) {}

  void record_release(uint64_t job) {
    tally.note_release();
    events.push(jobs.release_event(job));
  }
  void record_end(uint64_t job, Nanos end, JobOutcome outcome) {
    tally.note_end(outcome, end - jobs.release(job));
    events.push(jobs.end_event(job, end, outcome));
  }

  TaktMission& mission;
  const std::shared_ptr<MissionTask> task;
  const JobSeries jobs;
  JobTally& tally;                    // of the task's name
  EventRing<TraceEvent> events;
  std::atomic<bool> given_up{false};  // ActiveJob::given_up of the job in flight
  bool last_given_up = false;         // the last job that ran has no outputs

  // Job n is submitted when job n + shift of that task, if it comes at all, is over.
  struct Wait {
    TaskRunner* of = nullptr;
    int64_t shift = 0;
    bool triggers = false;            // it is shed with that job
    int64_t job_of(uint64_t job) const { return static_cast<int64_t>(job) + shift; }
  };

  // Guarded by the mission's mutex.
  uint64_t next;                      // the job to submit next
  uint64_t current;                   // the job in flight
  uint64_t end = UINT64_MAX;          // no job of this number or a higher one is released
  bool in_flight = false;             // job `current`
  uint64_t over;                      // the job behind the last that has ended
  std::vector<Wait> waits;
  std::vector<TaskRunner*> followers; // who waits for jobs of this one
  std::deque<uint64_t> shed_with;     // coming jobs whose trigger was shed
  bool waiting = false;               // nothing of it is in flight; see TaktMission::has_to_wait()
  bool ended = false;                 // nothing of it is in flight, and nothing comes
};

}  // namespace takt
