// Timeline: when each lane is busy, with search for the earliest gap that is long enough. The
// construction's inner loop.
//
// A lane's busy intervals lie in blocks of at most kBlock; a block knows its longest gap, so
// that a search passes over blocks whose gaps are all too short. With n intervals on a lane a
// search costs O(kBlock + n / kBlock), an insertion O(kBlock), and no allocation once the
// blocks of an earlier plan are there to be used again.
//
// Invariant: a lane's busy intervals are disjoint and ascending, those of a block not adjacent.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/nanos.h"
#include "solve/problem.h"

namespace takt {

class Timeline {
 public:
  void reset(uint32_t lanes);

  // Earliest start >= ready at which `lane` is idle for `duration`.
  Nanos earliest(uint32_t lane, Nanos ready, Nanos duration) const {
    const Lane& all = lanes_[lane];
    if (all.blocks.empty() || all.end <= ready) return ready;
    return search(all, ready, duration);
  }

  // End of the last busy interval at or before `at`: how tight a start at `at` would be.
  Nanos idle_since(uint32_t lane, Nanos at) const;

  // REQUIRES: `lane` is idle over [start, end)
  void occupy(uint32_t lane, Nanos start, Nanos end);

 private:
  static constexpr uint32_t kBlock = 32;

  struct Block {
    uint32_t count = 0;
    Nanos longest_gap;                 // before any of its intervals; the first of the lane
                                       // counts from the start of time
    std::array<Interval, kBlock> busy;

    const Interval& last() const { return busy[count - 1]; }
  };
  struct Lane {
    std::vector<uint32_t> blocks;      // indices into blocks_
    std::vector<Nanos> block_end;      // of the last interval of each
    Nanos end;                         // of the last interval
  };

  Nanos search(const Lane& lane, Nanos ready, Nanos duration) const;
  size_t block_ending_after(const Lane& lane, Nanos at) const;
  static uint32_t first_ending_after(const Block& block, Nanos at);
  uint32_t new_block();
  void split(Lane& lane, size_t index);
  void measure(Lane& lane, size_t index);

  std::vector<Lane> lanes_;
  std::vector<Block> blocks_;
  uint32_t blocks_used_ = 0;
};

}  // namespace takt
