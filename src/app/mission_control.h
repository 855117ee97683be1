// MissionControl: a mission that runs, seen from another thread (the control socket, a live
// display): what it is doing, and changes of it. Every change is "from workload W to workload
// W'", made ready while W runs and taken over at a boundary of W's plan.
//
// Threads: all functions from any thread, while Mission::run() runs or not; switch_to() from one
// thread at a time. Figures are the run's so far, or the last run's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/loop_report.h"
#include "app/prepare.h"
#include "base/nanos.h"
#include "base/result.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/workload.h"
#include "trace/figures.h"

namespace takt {

struct SwitchReport {
  Nanos at;                            // the boundary, since the start of the run
  std::vector<std::string> kept;       // went on without a missed job
  std::vector<std::string> started;    // their first job is released at the boundary or after
  std::vector<std::string> stopped;    // no job of theirs is released at the boundary or after
};

class MissionControl {
 public:
  virtual ~MissionControl() = default;

  // What runs: W, from a switch's boundary on (or as soon as that is certain) W'.
  virtual CompiledWorkload workload() const = 0;
  // Per task of this run, those that were stopped included; a task that was changed or came
  // back under its name goes on counting.
  virtual std::vector<TaskFigures> figures() const = 0;

  // Of a run that plans windows (MissionOptions::planning).
  virtual std::optional<LoopReport> loop_report() const = 0;

  // Goes over to `next`: a task that W has with the same name, module (.vmfb), function and
  // timing is kept, with its job numbers; all others of W stop and all others of W' start, also
  // when they share a name. Phases of new tasks count from the boundary. `plan`: for all of
  // `next`, its window starts at the boundary; nullptr: `next` runs without a plan.
  // Loads and warms what is new on the calling thread, then blocks until the change is certain,
  // not until the boundary. `planning`: a hyperperiod of `next`, for whose windows a run that plans
  // windows goes on planning; nullptr: it goes on by `plan` alone. kUsage: the plan or `planning`
  // is not for `next` or not valid; kFailed: the mission does not run or is about to end, or a
  // module does not load. Then W goes on as it was.
  virtual Result<SwitchReport> switch_to(const CompiledWorkload& next, const Plan* plan,
                                         const Instance* planning) = 0;
};

}  // namespace takt
