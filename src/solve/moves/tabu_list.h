// TabuList: until when an attribute of a move is forbidden. Attributes are pairs: (a, b) "a
// before b on a lane" and (a, operations + lane) "a on that lane".
//
// A table of fixed size without collision handling: two pairs may share an entry, so that a
// move is now and then forbidden for nothing. With 2^14 entries and some hundred pairs
// active, one move in fifty; a table of all pairs would fall out of the caches.
#pragma once

#include <cstdint>
#include <vector>

namespace takt {

class TabuList {
 public:
  TabuList() : until_(kEntries, 0) {}

  void clear() { until_.assign(kEntries, 0); }
  void forbid(uint32_t a, uint32_t b, uint64_t until) { until_[entry(a, b)] = until; }
  bool forbidden(uint32_t a, uint32_t b, uint64_t now) const { return until_[entry(a, b)] > now; }

 private:
  static constexpr uint32_t kEntries = 1 << 14;
  static uint32_t entry(uint32_t a, uint32_t b) {
    const uint64_t pair = (uint64_t{a} << 32) | b;
    return static_cast<uint32_t>((pair * 0x9e3779b97f4a7c15ull) >> 50);
  }

  std::vector<uint64_t> until_;
};

}  // namespace takt
