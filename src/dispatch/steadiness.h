// Steadiness of a lane: whether it lost its cpu lately, to a co-tenant, a debugger, a thermal stop.
// Nobody tells; the lane sees it when a piece of work (or a pause between two looks for work) took
// far longer than it could. Hard work then keeps off it for a time (LaneView::unsteady): such
// losses come in series. A plain value, one per lane; the time is an argument.
#pragma once

#include <algorithm>

#include "base/nanos.h"
#include "dispatch/tuning.h"

namespace takt {

class Steadiness {
 public:
  // At `now` the lane was done with what was expected to take `expected` (0: unknown, ignored).
  void observe(Nanos expected, Nanos took, Nanos now) {
    if (expected > Nanos(0) && took > expected * dispatch_tuning::kLostCpuFactor &&
        took - expected > dispatch_tuning::kLostCpuLeast)
      lost_cpu(now);
  }
  // The lane was without its cpu until `now`.
  void lost_cpu(Nanos now) { until_ = std::max(until_, now + dispatch_tuning::kUnsteady); }

  bool unsteady(Nanos now) const { return now < until_; }
  Nanos until() const { return until_; }   // min(): it never was

 private:
  Nanos until_ = Nanos::min();
};

}  // namespace takt
