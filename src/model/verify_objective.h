// The judges' own computation of every objective level (model/objective.h), by name. Shares
// nothing with the solver's: each is the other's check.
#pragma once

#include <optional>
#include <vector>

#include "model/verify_parts.h"

namespace takt {

// When a job was released, has to be done, and is done (submits not counted).
struct JobTimes {
  Nanos release;
  Nanos deadline;
  Nanos completion;
  Criticality criticality = Criticality::kFirm;
  int64_t weight = 1;                       // of its lateness
};

// What a judge knows of the jobs. Without an instance deadlines and weights may be worse than
// known here, and of chains and jitter nothing is known.
struct JobFacts {
  std::vector<JobTimes> jobs;
  bool exact = true;                        // false: misses and tardiness are at least as known
  std::optional<int64_t> chain_latency;     // ppm
  std::optional<int64_t> control_jitter;    // ns
};

// ceil(10^6 * part / whole), 0 for a negative part. REQUIRES: whole > 0
int64_t parts_per_million_up(Nanos part, Nanos whole);

// Every level is one that is known, its value true, and its bound not above the value.
void check_objective(const Plan& plan, const JobFacts& facts, Report& report);

}  // namespace takt
