// Repair: puts what a trial took out back into a MovablePlan: the construction of Builder, but
// around everything else, which gives way: what is in the way is pushed, what gets room slides.
// One thread; after the first calls nothing is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/rng.h"
#include "solve/lane_search.h"
#include "solve/movable_plan.h"
#include "solve/readiness.h"

namespace takt {

enum class RepairOrder {
  kByStart,        // as they were, with some noise
  kByRank,         // by the static ranks, with some noise
  kRandom,
};

enum class RepairModes {
  kEarliest,       // earliest end
  kThrifty,        // earliest end + half the extra lane time, spread over the lanes
  kNarrow,         // fewest lanes, then earliest end
  kKeep,           // as it was
  kRandom,         // any
};

struct RepairPolicy {
  RepairOrder order = RepairOrder::kByStart;
  RepairModes modes = RepairModes::kEarliest;
  Nanos noise;                       // on the keys of kByStart
  double random_modes = 0;           // share of operations that take any mode
  double push = 0;                   // share that go before what is in their way
  uint32_t group = Problem::kNoGroup;   // this group's operations, all of which are out, ...
  uint32_t group_mode = 0;              // ... take this mode
  std::span<const char> banned;      // lanes not to be used if there are others; empty: none
};

class Repair {
 public:
  // `rank`: per operation, the lower the earlier; kept by reference.
  Repair(MovablePlan& plan, const std::vector<int64_t>& rank);

  // Takes `ops` out, sets `floors`, puts `ops` back, and settles the plan. False: it went too
  // far, or a mode needs banned lanes; then only undo() is allowed.
  using Floor = std::pair<uint32_t, Nanos>;      // operation and time
  bool run(std::span<uint32_t> ops, std::span<const Floor> floors, const RepairPolicy& policy,
           Rng& rng);

 private:
  struct Spot {
    Nanos cost = Nanos::max(), start, cut;
    uint32_t mode = 0;
    bool pushes = false;
    Nanos area = Nanos::max();
  };

  int64_t key_of(uint32_t op, const RepairPolicy& policy, Rng& rng) const;
  bool place(uint32_t op, const RepairPolicy& policy, Rng& rng);
  void consider(uint32_t op, uint32_t mode, Nanos limit, bool pushes, Nanos cut, int64_t weight,
                Spot& best);
  Spot choose(uint32_t op, const RepairPolicy& policy, Rng& rng);
  bool usable(const FlatMode& mode) const;
  Nanos fit(uint32_t lane, Nanos at, Nanos duration, const Spot& spot) const;

  MovablePlan& plan_;
  const Problem& problem_;
  const std::vector<int64_t>& rank_;
  Readiness ready_;
  LaneSearch search_;
  std::span<const char> banned_;
  std::vector<uint32_t> missing_;
  std::vector<int64_t> key_;
  std::vector<std::pair<int64_t, uint32_t>> heap_;
  std::vector<uint32_t> lanes_;
};

}  // namespace takt
