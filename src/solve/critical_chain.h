// The critical chain of an operation: what its start waits for, back to a release.
#pragma once

#include <vector>

#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct ChainLink {
  enum class Waits { kRelease, kPredecessor, kLane };
  uint32_t op = 0;
  Waits waits = Waits::kRelease;    // what determined its start
  uint32_t on = 0;                  // the operation it waited for, unless kRelease
};

// Reusable lane sequences of one schedule.
class ChainFinder {
 public:
  ChainFinder(const Problem& problem, const Schedule& schedule);

  // From `op` back in time; the first link is `op` itself. A wait for a predecessor is
  // preferred to a wait for a lane when both end at the same moment.
  std::vector<ChainLink> chain_of(uint32_t op) const;

 private:
  ChainLink link_of(uint32_t op) const;

  const Problem& problem_;
  const Schedule& schedule_;
  std::vector<uint32_t> before_on_lane_;           // per lane slot; size() when none
};

}  // namespace takt
