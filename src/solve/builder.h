// Builder: serial list scheduling with insertion. Takes operations in the order a Guide
// gives (never before their predecessors), and puts each where it ends earliest: in any
// gap of the lanes that is long enough, in the mode its Guide allows.
//
// Operations placed early are never moved by later ones: ordering by criticality
// reserves the lanes for critical jobs, the rest fill the gaps. Commitments are placed first,
// exactly as they are; the first operation of a mode group that is placed fixes its mode.
//
// One thread at a time. After the first build nothing is allocated.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "solve/lane_search.h"
#include "solve/problem.h"
#include "solve/readiness.h"
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
// The widest of its modes with at most `lanes` lanes (the narrowest if all are wider).
constexpr int at_width(int lanes) { return -100 - lanes; }
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

  // Builds what `keep` does not hold around what it holds, which stays as it is in `schedule`.
  // REQUIRES: the kept operations are valid among each other, and with an operation `keep`
  // holds all its predecessors.
  void complete(const Guide& guide, std::span<const char> keep, Schedule& schedule);

 private:
  struct Spot {
    Nanos cost, start;
    uint32_t mode = 0;
    Nanos area;
  };

  void begin(const Guide& guide, std::span<const char> keep, Schedule& out);
  void push(const Guide& guide, uint32_t op);
  bool allowed(uint32_t op, int choice, const FlatMode& mode) const;
  Nanos common_start(const FlatMode& mode);
  Spot best_spot(uint32_t op, int choice, const Schedule& schedule);
  void place(uint32_t op, const Spot& spot, Schedule& out);
  void look_at(uint32_t op, uint32_t site, const Schedule& schedule);

  const Problem& problem_;
  const bool links_;
  Timeline timeline_;
  Readiness ready_;
  LaneSearch search_;
  std::vector<int> group_mode_;          // -1: not fixed yet
  std::vector<uint32_t> missing_;        // predecessors not placed yet
  std::vector<std::pair<int64_t, uint32_t>> heap_;
  std::vector<int> fewest_lanes_;        // of the operation's modes
};

}  // namespace takt
