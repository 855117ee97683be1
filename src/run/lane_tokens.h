// LaneTokens: who owns which lane. The token of a lane is there (nobody owns the lane) or
// taken (one thread does). All operations are sequentially consistent and lock-free; a lane
// is one bit, so what holds between a put and a look holds lane by lane, whatever the word.
//
// Only the words that the lanes need are touched: up to 64 lanes cost one word.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "base/check.h"
#include "base/lane_mask.h"

namespace takt {

class LaneTokens {
 public:
  // All tokens are there. REQUIRES: lanes <= LaneMask::kMaxLanes; before any other call
  void start(uint32_t lanes) {
    CHECK(lanes <= LaneMask::kMaxLanes);
    words_used_ = (lanes + 63) / 64;
    const LaneMask all = LaneMask::first(lanes);
    for (uint32_t w = 0; w < words_used_; ++w) words_[w] = all.word(w);
  }

  // True: the token was there and the caller has it now.
  bool take(uint32_t lane) {
    return words_[lane / 64].fetch_and(~bit(lane), std::memory_order_seq_cst) & bit(lane);
  }
  // REQUIRES: the caller has the token
  void put(uint32_t lane) { words_[lane / 64].fetch_or(bit(lane), std::memory_order_seq_cst); }

  bool has(uint32_t lane) const {
    return words_[lane / 64].load(std::memory_order_seq_cst) & bit(lane);
  }
  // The tokens that are there, word by word: every put() that came before is seen.
  LaneMask seen() const {
    LaneMask set;
    for (uint32_t w = 0; w < words_used_; ++w)
      set.set_word(w, words_[w].load(std::memory_order_seq_cst));
    return set;
  }

  // The least lane among these, not below `from`, whose token is there: a guess that take()
  // confirms. LaneMask::kMaxLanes when there is none.
  uint32_t next(const LaneMask& among, uint32_t from) const {
    for (uint32_t w = from / 64; w < words_used_; ++w) {
      uint64_t open = words_[w].load(std::memory_order_relaxed) & among.word(w);
      if (w == from / 64) open &= ~uint64_t{0} << from % 64;
      if (open) return w * 64 + uint32_t(std::countr_zero(open));
    }
    return LaneMask::kMaxLanes;
  }

 private:
  static uint64_t bit(uint32_t lane) { return uint64_t{1} << lane % 64; }

  std::array<std::atomic<uint64_t>, LaneMask::kWords> words_{};
  uint32_t words_used_ = 0;
};

}  // namespace takt
