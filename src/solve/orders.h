// Orders: the priority rules. An Order says which job goes first and which operation
// goes first in a job; keys_of() turns it into the keys of a Guide.
#pragma once

#include <cstdint>
#include <vector>

#include "base/rng.h"
#include "solve/problem.h"

namespace takt {

enum class JobOrder {
  kCriticalDeadline,   // criticality, then deadline, then priority
  kCriticalPriority,   // criticality, then priority, then deadline
  kCriticalRelease,    // criticality, then release
  kDeadline,           // earliest deadline, whatever the criticality
  kSlack,              // latest start that still makes the deadline
  kLatestStart,        // operation by operation, across jobs: the latest start that makes the
                       // deadline of whatever job waits for it; ties by OpRank
};

enum class OpRank {
  kLeastTail,          // longest rest of the way with least durations
  kNarrowTail,         // the same with the durations of the narrowest modes
  kWork,               // work of everything that depends on it
  kMeanTail,           // HEFT's upward rank: mean durations and transfers (Topcuoglu et al. 2002)
  kOptimistic,         // PEFT's: mean over its modes of the best rest (Arabnejad, Barbosa 2014)
  kProgram,            // as the program is written
};

struct Order {
  JobOrder jobs = JobOrder::kCriticalDeadline;
  OpRank ops = OpRank::kLeastTail;
};

// Keys for Guide::key. A job that others wait for is as urgent as the most urgent of
// them. Keys are spaced by kKeySpacing so that a search can put an operation between.
inline constexpr int64_t kKeySpacing = 1 << 16;
std::vector<int64_t> keys_of(const Problem& problem, Order order);

// Moves every key by up to `share` of the whole range, either way.
void add_noise(std::vector<int64_t>& keys, double share, Rng& rng);

}  // namespace takt
