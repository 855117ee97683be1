// The passages of data through the chains of a workload, as job pairs of its instance.
//
// Each job of a chain's last task ends one run. Its data is followed backwards, link by link:
// between tasks of equal period job k reads what job k made; else a job reads the latest job of
// the task before it that is certain to be complete at its release, that is, whose release plus
// its task's deadline is not later. A run whose data comes from before the window is left out,
// for its beginning is not in the plan; so are chains without any run.
#pragma once

#include <vector>

#include "model/instance.h"
#include "model/workload.h"

namespace takt {

// `jobs[t]` are the instance's jobs of task t, in order; empty for a task that is not planned.
std::vector<InstanceChain> chains_of(const Workload& workload,
                                     const std::vector<std::vector<JobId>>& jobs,
                                     const Instance& instance);

}  // namespace takt
