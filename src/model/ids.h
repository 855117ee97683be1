// The typed indices of the model. Each indexes the vector named in its comment.
#pragma once

#include "base/id.h"

namespace takt {

using ClusterId = Id<struct ClusterTag>;  // Soc::clusters
using LaneId = Id<struct LaneTag>;        // Soc::lanes
using ModuleId = Id<struct ModuleTag>;    // Workload::modules, Plan::modules
using TaskId = Id<struct TaskTag>;        // Workload::tasks, Instance::tasks, Plan::tasks
using JobId = Id<struct JobTag>;          // Instance::jobs
using OpId = Id<struct OpTag>;            // Instance::operations (same order in Plan)
using PoolId = Id<struct PoolTag>;        // Instance::pools
using KernelId = Id<struct KernelTag>;    // DispatchGraph::kernels

}  // namespace takt
