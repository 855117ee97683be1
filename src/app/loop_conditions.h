// LoopConditions: what a run measures, and what is announced, as the conditions that its windows
// are planned for. Durations of kernels, lanes that are lost, the load that is offered and the
// speeds of clusters go to Triggers (dispatch/triggers.h); when that asks for it, what holds now
// is what plans are made for from then on.
//
// A pure state machine: the caller serialises the calls, the time is an argument.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/loop_report.h"
#include "app/prepare.h"
#include "dispatch/reaction.h"
#include "dispatch/triggers.h"
#include "hal/takt_driver.h"
#include "model/conditions.h"
#include "model/instance.h"

namespace takt {

class LoopConditions {
 public:
  // `base`: a hyperperiod of `compiled`, its tasks in that order; outlives this. `tasks`: which of
  // them a job of the run belongs to, by ActiveJob::task. `origin`: absolute time of the base's
  // time 0; `window`: how long a window is.
  LoopConditions(const Instance& base, const CompiledWorkload& compiled,
                 const std::vector<PlanChange::TaskJobs>& tasks, uint32_t lanes, Nanos origin,
                 Nanos window);

  // Any event of the run, as it is drained: by 300 ms later at the latest.
  void observe(const TraceEvent& event);
  // The cores of the pool run at that part of full speed.
  void report_speed(uint32_t pool, uint32_t pct, Nanos now);
  // `lost`: the lanes that are lost now. Not nullopt: what plans reckon with has changed, and why.
  std::optional<LoopReport::Replan> update(Nanos now, const LaneMask& lost);
  const Conditions& now() const { return conditions_; }

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
  void observe_operation(const TraceEvent& event, uint32_t task);
  void observe_release(const TraceEvent& event, uint32_t task);
  void report_offered(Nanos now);
  uint32_t speed_of_lane(uint32_t lane) const;
  std::string subject_of(const ReplanRequest& request) const;

  const Instance& base_;
  const std::vector<PlanChange::TaskJobs> tasks_;
  const Nanos origin_, window_;
  std::vector<std::vector<Observed>> ops_of_;        // per task and graph_op
  std::vector<Nanos> work_of_;                       // of a job, per task
  std::vector<std::string> kernel_hashes_;           // by Triggers' numbers
  std::vector<uint32_t> pool_of_;                    // per lane
  std::vector<Nanos> planned_work_;                  // per window of a hyperperiod
  std::optional<Triggers> triggers_;
  Reaction speeds_;
  LaneMask lost_;
  int64_t window_now_ = 0;                           // the earliest that may get releases yet
  std::vector<Nanos> offered_;                       // in it and the next ones
  Conditions conditions_;
};

}  // namespace takt
