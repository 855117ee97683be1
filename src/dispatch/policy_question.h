// Questions to policies, for tests: candidates of the usual kinds, and the answer.
#pragma once

#include <string_view>
#include <vector>

#include "dispatch/policy.h"

namespace takt {

inline const Policy& policy(std::string_view name) { return **find_policy(name); }

inline Decision ask(std::string_view name, const std::vector<Candidate>& candidates, Nanos now,
             LaneView lane = {0, 2}) {
  return policy(name).choose(lane, candidates, now);
}

inline int choice(std::string_view name, const std::vector<Candidate>& candidates, Nanos now) {
  return ask(name, candidates, now).candidate;
}

inline Candidate plain(uint64_t submission, Criticality criticality, Nanos duration) {
  Candidate c;
  c.submission = submission;
  c.criticality = criticality;
  c.duration = duration;
  return c;
}

inline Candidate planned(uint64_t submission, Nanos start, bool bound, Criticality criticality) {
  Candidate c = plain(submission, criticality, micros(10));
  c.planned = true;
  c.bound = bound;
  c.start = start;
  c.slack = micros(5);
  return c;
}

// Released at `release`, `slack` later it has to start.
inline Candidate announced(Nanos release, Nanos slack, Criticality criticality) {
  Candidate c = plain(9, criticality, micros(10));
  c.ready = false;
  c.release = release;
  c.remaining = micros(10);
  c.deadline = release + slack + c.remaining;
  return c;
}

// On the accelerator in 10 us, which is taken until `free_at`, or on the core.
inline Candidate accelerated(Nanos core, Nanos free_at) {
  Candidate c = plain(1, Criticality::kFirm, core);
  c.accelerator_duration = micros(10);
  c.accelerator_free = free_at == Nanos::max();
  c.accelerator_free_at = free_at;
  return c;
}

}  // namespace takt
