// Builder: serial list scheduling with insertion. Takes operations in the order a Guide
// gives (never before their predecessors), and puts each where it ends earliest: in any
// gap of the lanes that is long enough, in the mode its Guide allows.
//
// Operations placed early are never moved by later ones: ordering by criticality
// reserves the lanes for critical jobs, the rest fill the gaps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "solve/problem.h"
#include "solve/schedule.h"
#include "solve/timeline.h"

namespace takt {

// How an operation chooses its mode: an index into its modes, or a rule.
namespace choice {
inline constexpr int kNarrow = -1;       // fewest lanes, then earliest end
inline constexpr int kFastest = -2;      // least duration, then earliest end
inline constexpr int kEarliest = -3;     // earliest end
inline constexpr int kThrifty = -4;      // earliest end + half the extra lane time, spread
inline constexpr int kFrugal = -5;       // earliest end + all the extra lane time, spread
inline constexpr int kRules = 5;         // the rules are -1 .. -kRules
}  // namespace choice

struct Guide {
  std::vector<int64_t> key;              // per operation, lowest first; ties by index
  std::vector<int> choice;               // per operation
};

class Builder {
 public:
  // `handoff`: time kept free between an operation and a successor on a lane that took
  // no part in it (cache lines and wake-ups travel).
  Builder(const Problem& problem, Nanos handoff);

  void build(const Guide& guide, Schedule& out);

 private:
  struct Spot {
    Nanos cost, start;
    uint32_t mode = 0;
    Nanos area;
  };

  void compute_ready(uint32_t op, const Schedule& schedule);
  bool allowed(uint32_t op, int choice, const FlatMode& mode, int narrowest) const;
  Nanos common_start(const FlatMode& mode);
  Spot best_spot(uint32_t op, int choice);
  void place(uint32_t op, const Spot& spot, Schedule& out);
  void pick_lanes(const Demand& demand, Nanos start, Nanos duration, uint32_t*& out);

  const Problem& problem_;
  const Nanos handoff_;
  Timeline timeline_;
  Nanos ready_;                          // of the operation at hand, hand-off not counted
  std::vector<Nanos> lane_ready_;        // the same per lane with hand-off
  std::vector<uint32_t> missing_;        // predecessors not placed yet
  std::vector<std::pair<int64_t, uint32_t>> heap_;
  std::vector<Nanos> fits_;              // scratch
  std::vector<std::pair<Nanos, uint32_t>> free_;
};

}  // namespace takt
