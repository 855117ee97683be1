// Orders that several policies share.
#pragma once

#include <tuple>

#include "dispatch/policy.h"

namespace takt {

// Criticality first, then priority, then first come first served.
inline bool more_urgent(const Candidate& a, const Candidate& b) {
  return std::make_tuple(a.criticality, -a.priority, a.submission, a.op) <
         std::make_tuple(b.criticality, -b.priority, b.submission, b.op);
}

// The plan's order on one lane.
inline bool planned_earlier(const Candidate& a, const Candidate& b) {
  return std::make_tuple(a.start, a.submission, a.op) <
         std::make_tuple(b.start, b.submission, b.op);
}

// Notes that `candidate` may start at `time`.
inline void wait_for(Decision& decision, Nanos time) {
  if (time < decision.wait_until) decision.wait_until = time;
}

}  // namespace takt
