// Timeline: when each lane is busy, with search for the earliest common gap. The
// construction's inner loop.
//
// Invariant: a lane's busy intervals are disjoint, ascending and not adjacent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/nanos.h"

namespace takt {

class Timeline {
 public:
  struct Busy {
    Nanos start, end;
  };

  void reset(uint32_t lanes) {
    lanes_.resize(lanes);
    for (auto& lane : lanes_) lane.clear();
  }

  // Earliest start >= ready at which `lane` is idle for `duration`.
  Nanos earliest(uint32_t lane, Nanos ready, Nanos duration) const {
    const std::vector<Busy>& busy = lanes_[lane];
    if (busy.empty() || busy.back().end <= ready) return ready;
    size_t i = first_ending_after(busy, ready);
    for (; i < busy.size(); ++i) {
      if (busy[i].start - ready >= duration) return ready;
      ready = busy[i].end;
    }
    return ready;
  }

  // End of the last busy interval at or before `at`: how tight a start at `at` would be.
  Nanos idle_since(uint32_t lane, Nanos at) const {
    const std::vector<Busy>& busy = lanes_[lane];
    const size_t i = first_ending_after(busy, at);
    return i == 0 ? Nanos(0) : busy[i - 1].end;
  }

  // REQUIRES: `lane` is idle over [start, end)
  void occupy(uint32_t lane, Nanos start, Nanos end);

 private:
  static size_t first_ending_after(const std::vector<Busy>& busy, Nanos at) {
    size_t low = 0, high = busy.size();
    while (low < high) {
      const size_t middle = (low + high) / 2;
      if (busy[middle].end > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  std::vector<std::vector<Busy>> lanes_;
};

}  // namespace takt
