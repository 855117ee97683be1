// What both kinds of mission share: a task loaded on a device, and the series of its jobs: when
// they are released and how they end.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/mission.h"
#include "app/session.h"

namespace takt {

struct MissionTask {
  Task spec;
  std::unique_ptr<Session> session;
  std::unique_ptr<Call> call;
};

// The jobs of one task from `start` on, numbered from `first` on.
struct JobSeries {
  Task spec;
  uint32_t index = 0;                  // in Trace::tasks
  Nanos start;                         // absolute; the phase counts from here
  uint64_t first = 0;

  Nanos release(uint64_t job) const {
    return start + spec.phase + spec.period.release(static_cast<int64_t>(job - first));
  }
  Nanos deadline(uint64_t job) const {
    return spec.deadline == Nanos::max() ? Nanos::max() : release(job) + spec.deadline;
  }
  // The number behind the last job released before `until`; max(): there is no last.
  uint64_t end_before(Nanos until) const;
  // ... of a run of `options` that starts with the series.
  uint64_t end_of(const MissionOptions& options) const;
  // The policy may give its jobs up.
  bool may_be_shed() const {
    return spec.criticality >= Criticality::kSoft && spec.overrun_policy() != Overrun::kRunOn;
  }
  // From when on the job is given up, as missed; max(): never.
  Nanos give_up_at(uint64_t job) const {
    return spec.overrun_policy() == Overrun::kAbort ? deadline(job) : Nanos::max();
  }
  // A job that has not begun, is dropped when it is late and cannot be in time any more.
  bool sheds(uint64_t job, Nanos now) const {
    return spec.overrun_policy() == Overrun::kSkip && now >= deadline(job);
  }
  // ... of one that was given up.
  JobOutcome given_up_outcome(uint64_t job, Nanos end) const {
    return end >= give_up_at(job) ? JobOutcome::kMissed : JobOutcome::kShed;
  }
  JobOutcome outcome(uint64_t job, Nanos end) const {
    return end <= deadline(job) ? JobOutcome::kDone : JobOutcome::kMissed;
  }
  TraceEvent release_event(uint64_t job) const;
  TraceEvent end_event(uint64_t job, Nanos end, JobOutcome outcome) const;
};

// Task `index` of the workload, its inputs drawn from `seed`; runs its function once.
Result<MissionTask> load_task(const CompiledWorkload& compiled, uint32_t index,
                              const std::shared_ptr<Device>& device, uint64_t seed);
Result<std::vector<MissionTask>> load_tasks(const CompiledWorkload& compiled,
                                            const std::shared_ptr<Device>& device, uint64_t seed);

std::vector<std::string> task_names(const Workload& workload);

}  // namespace takt
