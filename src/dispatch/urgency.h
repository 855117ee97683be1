// How urgent a candidate is: when it has to start, how long it blocks a lane, which of two comes
// first by their deadlines. Saturating: an unknown time is max().
#pragma once

#include <algorithm>

#include "dispatch/policy.h"
#include "dispatch/tuning.h"

namespace takt {

// The latest start with which its job can be in time, as expected: deadline - remaining, else
// planned start + slack. max(): no deadline that we know of.
inline Nanos latest_start(const Candidate& c) {
  if (c.deadline != Nanos::max() && c.remaining > Nanos(0)) return c.deadline - c.remaining;
  if (c.slack == Nanos::max() || c.start == Nanos::min()) return Nanos::max();
  return c.start + std::max(c.slack, Nanos(0));
}

// By when a lane has to be free for it: its latest start with a margin, then (that one gone)
// without. Without a deadline the time it is announced for. max(): none, or too late anyway.
inline Nanos needed_by(const Candidate& c, Nanos now) {
  const Nanos latest = latest_start(c);
  if (latest == Nanos::max())
    return c.release > now ? std::max(c.release, c.start) : Nanos::max();
  const Nanos margin = std::max(c.remaining, Nanos(0)) / dispatch_tuning::kMarginShare;
  if (latest - margin > now) return std::max(latest - margin, c.release);
  return latest > now ? std::max(latest, c.release) : Nanos::max();
}

// True when its job cannot be in time any more.
inline bool is_hopeless(const Candidate& c, Nanos now) {
  return c.deadline != Nanos::max() && now + std::max(c.remaining, Nanos(0)) > c.deadline;
}

// How long a lane that starts it now can do nothing else: a chunk of tiles, or all of it on an
// accelerator.
inline Nanos blocks_for(const Candidate& c, Unit unit) {
  if (unit == Unit::kAccelerator) return c.accelerator_duration;
  const Nanos duration = std::max(c.duration, Nanos(0));
  if (c.open_tiles <= 1) return duration;
  return c.chunk > Nanos(0) ? c.chunk : duration / int64_t(c.open_tiles);
}

// A queue per criticality and priority; in it earliest deadline first (Liu and Layland 1973), then
// least laxity (Mok 1983), i.e. the longest way to the end of the job; then the plan's order, then
// first come. Priority before deadline: when not all can be in time, EDF lets all be late; here the
// workload says who is (docs/policies.md).
inline bool due_earlier(const Candidate& a, const Candidate& b) {
  if (a.criticality != b.criticality) return a.criticality < b.criticality;
  if (a.priority != b.priority) return a.priority > b.priority;
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  const Nanos a_latest = latest_start(a), b_latest = latest_start(b);
  if (a_latest != b_latest) return a_latest < b_latest;
  const Nanos a_start = a.planned ? a.start : Nanos::max();
  const Nanos b_start = b.planned ? b.start : Nanos::max();
  if (a_start != b_start) return a_start < b_start;
  return a.submission != b.submission ? a.submission < b.submission : a.op < b.op;
}

}  // namespace takt
