// What both kinds of mission share: one task with its session, and the rule that
// decides how a job ends.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/mission.h"
#include "app/session.h"
#include "trace/collector.h"

namespace takt {

struct MissionTask {
  Task spec;
  uint32_t index = 0;                  // in Workload::tasks
  std::unique_ptr<Session> session;
  std::unique_ptr<Call> call;
  std::vector<TraceEvent> events;      // of its jobs; written by whoever runs them

  Nanos release(Nanos origin, uint64_t job) const {
    return origin + spec.phase + spec.period.release(static_cast<int64_t>(job));
  }
  Nanos deadline(Nanos origin, uint64_t job) const {
    return release(origin, job) + spec.deadline;
  }
  // Jobs released in [origin, origin + options.duration).
  uint64_t job_count(const MissionOptions& options) const;
  // A job that may be dropped and cannot be on time any more.
  bool sheds(Nanos origin, uint64_t job, Nanos now) const;
  void record_release(Nanos origin, uint64_t job);
  void record_end(Nanos origin, uint64_t job, Nanos end, JobOutcome outcome);
  void record_done(Nanos origin, uint64_t job, Nanos end);
};

Result<std::vector<MissionTask>> load_tasks(const CompiledWorkload& compiled,
                                            const std::shared_ptr<Device>& device, uint64_t seed);

std::vector<std::string> task_names(const Workload& workload);

// Moves the job events of all tasks into `collector`.
void collect_events(std::vector<MissionTask>& tasks, TraceCollector& collector);

Result<std::vector<std::vector<std::string>>> last_outputs(const std::vector<MissionTask>& tasks);

}  // namespace takt
