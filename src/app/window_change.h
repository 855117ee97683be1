// A window's plan as the device takes it: the jobs that are released in the window, by number.
#pragma once

#include <string>
#include <vector>

#include "hal/takt_driver.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/window.h"

namespace takt {

// Jobs of a hyperperiod per task, in order.
std::vector<std::vector<JobId>> jobs_by_task(const Instance& base);

// Jobs released before the window are left out: they are submitted, and keep what they have.
// `tasks`: which task of `base` a job of the run belongs to, and which job is its job 0, by
// ActiveJob::task. `origin`: absolute time of the base's time 0.
PlanChange change_of(const WindowPlan& window, const Instance& base,
                     const std::vector<PlanModule>& modules,
                     const std::vector<std::string>& lane_names,
                     const std::vector<PlanChange::TaskJobs>& tasks, Nanos origin);

}  // namespace takt
