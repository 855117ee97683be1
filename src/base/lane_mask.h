// LaneMask: a set of lanes of one executor or simulator, as bits. A plain value; 256 lanes at
// most, so that it needs no memory of its own on a hot path.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace takt {

class LaneMask {
 public:
  static constexpr uint32_t kMaxLanes = 256;
  static constexpr uint32_t kWords = kMaxLanes / 64;

  constexpr LaneMask() = default;
  static constexpr LaneMask of(uint32_t lane) {
    LaneMask set;
    set.add(lane);
    return set;
  }
  // Lanes 0 to count - 1. REQUIRES: count <= kMaxLanes
  static constexpr LaneMask first(uint32_t count) {
    LaneMask set;
    for (uint32_t w = 0; w < kWords && count > w * 64; ++w)
      set.words_[w] = count - w * 64 >= 64 ? ~uint64_t{0} : (uint64_t{1} << (count - w * 64)) - 1;
    return set;
  }
  // The set whose lanes 0 to 63 are `bits`.
  static constexpr LaneMask from_bits(uint64_t bits) {
    LaneMask set;
    set.words_[0] = bits;
    return set;
  }

  // REQUIRES: lane < kMaxLanes, for these three
  constexpr void add(uint32_t lane) { words_[lane / 64] |= uint64_t{1} << lane % 64; }
  constexpr void remove(uint32_t lane) { words_[lane / 64] &= ~(uint64_t{1} << lane % 64); }
  constexpr bool has(uint32_t lane) const { return words_[lane / 64] >> lane % 64 & 1; }

  // Not a comparison with LaneMask(): the compiler makes a call of that (7 ns per item).
  constexpr bool empty() const {
    uint64_t any = 0;
    for (const uint64_t word : words_) any |= word;
    return any == 0;
  }
  constexpr uint32_t count() const {
    uint32_t sum = 0;
    for (const uint64_t word : words_) sum += static_cast<uint32_t>(std::popcount(word));
    return sum;
  }
  // The least lane; kMaxLanes when there is none.
  constexpr uint32_t least() const {
    for (uint32_t w = 0; w < kWords; ++w)
      if (words_[w]) return w * 64 + static_cast<uint32_t>(std::countr_zero(words_[w]));
    return kMaxLanes;
  }
  constexpr uint64_t word(uint32_t index) const { return words_[index]; }
  constexpr void set_word(uint32_t index, uint64_t bits) { words_[index] = bits; }

  // Calls f(lane) for every lane, ascending.
  template <class F>
  constexpr void for_each(F f) const {
    for (uint32_t w = 0; w < kWords; ++w)
      for (uint64_t rest = words_[w]; rest; rest &= rest - 1)
        f(w * 64 + static_cast<uint32_t>(std::countr_zero(rest)));
  }

  friend constexpr LaneMask operator&(LaneMask a, const LaneMask& b) {
    for (uint32_t w = 0; w < kWords; ++w) a.words_[w] &= b.words_[w];
    return a;
  }
  friend constexpr LaneMask operator|(LaneMask a, const LaneMask& b) {
    for (uint32_t w = 0; w < kWords; ++w) a.words_[w] |= b.words_[w];
    return a;
  }
  // Lanes of `a` that are not in `b`.
  friend constexpr LaneMask operator-(LaneMask a, const LaneMask& b) {
    for (uint32_t w = 0; w < kWords; ++w) a.words_[w] &= ~b.words_[w];
    return a;
  }
  friend constexpr bool operator==(const LaneMask&, const LaneMask&) = default;

 private:
  std::array<uint64_t, kWords> words_{};
};

}  // namespace takt
