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

// The best released and ready candidate; else when the next one is released.
// `better(a, b)`: a comes before b.
template <class Better>
Decision best_ready(std::span<const Candidate> candidates, Nanos now, Better better) {
  Decision decision;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    if (c.release > now) {
      wait_for(decision, c.release);
    } else if (c.ready &&
               (decision.candidate < 0 || better(c, candidates[size_t(decision.candidate)]))) {
      decision.candidate = int(i);
    }
  }
  return decision;
}

}  // namespace takt
