// What several policies share: orders, what a candidate would run on here, and the choice of the
// best candidate that may start.
#pragma once

#include <algorithm>
#include <tuple>

#include "dispatch/policy.h"
#include "dispatch/tuning.h"

namespace takt {

inline bool came_first(const Candidate& a, const Candidate& b) {
  return std::make_tuple(a.submission, a.op) < std::make_tuple(b.submission, b.op);
}

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

// Notes when to ask again for `c`, whose accelerator is taken.
inline void wait_for_accelerator(Decision& decision, const Candidate& c, Nanos now) {
  if (c.accelerator_free_at > now) wait_for(decision, c.accelerator_free_at);
}

inline bool has_accelerator(const Candidate& c) { return c.accelerator_duration > Nanos(0); }

// The faster unit that is free at once. False: it has no variant for the core and the
// accelerator is taken. An unknown duration (0) on the core counts as slower.
inline bool unit_now(const Candidate& c, Unit* unit) {
  const bool usable = c.accelerator_free && has_accelerator(c);
  const bool faster =
      usable && (c.duration == Nanos(0) || c.accelerator_duration <= c.duration);
  *unit = faster || !c.on_core ? Unit::kAccelerator : Unit::kCore;
  return c.on_core || usable;
}

// The best candidate that may start here now, on its faster free unit; else when to ask again.
// `better(a, b)`: a comes before b. `takes(c)`: this lane may run it at all.
template <class Better, class Takes>
Decision best_ready(std::span<const Candidate> candidates, Nanos now, Better better,
                    Takes takes) {
  Decision decision;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const Candidate& c = candidates[i];
    Unit unit;
    if (c.release > now) {
      if (takes(c)) wait_for(decision, c.release);
    } else if (c.ready && takes(c)) {
      if (!unit_now(c, &unit)) {
        wait_for_accelerator(decision, c, now);
      } else if (decision.candidate < 0 || better(c, candidates[size_t(decision.candidate)])) {
        decision.candidate = int(i);
        decision.unit = unit;
      }
    }
  }
  return decision;
}

}  // namespace takt
