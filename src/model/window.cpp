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

}  // namespace takt
