// SlotClock: the calendar of a simulation: one time per slot, and which slot is next. A winner
// tree (Knuth, TAOCP 3, 5.4.1) over a fixed number of slots: the simulator has few things that
// can happen (one end per running operation, one release per task, one question per lane), so
// nothing is queued, cancelled or allocated. Of equal times the lowest slot comes first.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/nanos.h"

namespace takt {

class SlotClock {
 public:
  explicit SlotClock(uint32_t slots)
      : leaves_(std::bit_ceil(slots < 2 ? 2u : slots)), times_(leaves_, Nanos::max()),
        winner_(2 * size_t{leaves_}) {
    for (uint32_t i = 0; i < leaves_; ++i) winner_[leaves_ + i] = i;
    for (uint32_t i = leaves_; i-- > 1;) winner_[i] = winner_[2 * i];
  }

  // max(): never.
  void set(uint32_t slot, Nanos time) {
    DCHECK(slot < leaves_);
    if (times_[slot] == time) return;
    times_[slot] = time;
    for (uint32_t i = (leaves_ + slot) / 2; i > 0; i /= 2) {
      const uint32_t left = winner_[2 * i], right = winner_[2 * i + 1];
      const uint32_t won = times_[right] < times_[left] ? right : left;
      // Above a node that another slot has won before and still wins nothing changes.
      if (winner_[i] == won && won != slot) return;
      winner_[i] = won;
    }
  }
  Nanos time(uint32_t slot) const { return times_[slot]; }

  uint32_t next() const { return winner_[1]; }
  Nanos next_time() const { return times_[winner_[1]]; }

 private:
  uint32_t leaves_;
  std::vector<Nanos> times_;
  std::vector<uint32_t> winner_;     // [1]: of all
};

}  // namespace takt
