// LaneSets: the sets of pools whose lane time is worth adding up, and how much of it there
// is. An operation belongs to a set when each of its modes uses lanes of the set: then its
// work must be found there.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/nanos.h"
#include "solve/problem.h"

namespace takt {

struct LaneSet {
  std::vector<PoolId> pools;          // ascending
  std::vector<char> has;              // by pool
  int64_t lanes = 0;

  // Lanes of the set that the mode holds.
  int64_t width(const FlatMode& mode) const {
    int64_t width = 0;
    for (const Demand& demand : mode.demands)
      if (has[demand.pool.value()] != 0) width += demand.count;
    return width;
  }
};

class LaneSets {
 public:
  explicit LaneSets(const Problem& problem);

  // Single pools that some operation cannot avoid, the sets operations are bound to, unions
  // of them where work is dense, and all pools; at most kMost, densest first.
  static constexpr size_t kMost = 24;
  std::span<const LaneSet> sets() const { return sets_; }

  // A lane's time that is taken before anything is decided: outages and commitments.
  struct Blocked {
    Nanos start, end;
  };
  std::span<const Blocked> blocked(LaneId lane) const { return blocked_[lane.value()]; }

  // Lane time of a pool or set over [from, to) that is not blocked; Nanos::max()
  // where it is more. REQUIRES: from <= to
  Nanos free(PoolId pool, Nanos from, Nanos to) const;
  Nanos free(const LaneSet& set, Nanos from, Nanos to) const;

 private:
  void block();
  void choose();

  const Problem* problem_;
  std::vector<LaneSet> sets_;
  std::vector<std::vector<Blocked>> blocked_;         // by lane; disjoint, ascending
  std::vector<char> pool_blocked_;                    // whether a lane of it has any
};

}  // namespace takt
