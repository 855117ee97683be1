#include "model/window.h"

#include <algorithm>
#include <utility>

namespace takt {

const PlannedJob* WindowPlan::find(JobId job, int64_t activation) const {
  const auto found = std::lower_bound(
      jobs.begin(), jobs.end(), std::pair(job, activation),
      [](const PlannedJob& a, const std::pair<JobId, int64_t>& b) {
        return std::pair(a.job, a.activation) < b;
      });
  const bool here = found != jobs.end() && found->job == job && found->activation == activation;
  return here ? &*found : nullptr;
}

const PlannedOp* WindowPlan::find(JobId job, int64_t activation, OpId op) const {
  const PlannedJob* found = find(job, activation);
  for (uint32_t i = 0; found && i < found->op_count; ++i)
    if (ops[found->first_op + i].op == op) return &ops[found->first_op + i];
  return nullptr;
}

}  // namespace takt
