#include "dispatch/placement.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace takt {

Nanos done_at(const LaneLoad& load, Nanos work) {
  if (load.speed_pct == 0) return Nanos::max();
  const Nanos sum = std::max(load.backlog, Nanos(0)) + std::max(work, Nanos(0));
  if (load.speed_pct == 100) return sum;
  return sum > Nanos::max() / 100 ? Nanos::max() : sum * 100 / int64_t(load.speed_pct);
}

namespace {

// Without initial values: there is room for many more than are looked at.
struct Choice {
  int64_t done_ns;
  uint64_t rank;   // of equal ones: awake, then fast, then low number first
};

bool before(const Choice& a, const Choice& b) {
  return a.done_ns != b.done_ns ? a.done_ns < b.done_ns : a.rank < b.rank;
}

Choice choice_of(const LaneLoad& load, Nanos work) {
  const uint64_t speed = std::min(load.speed_pct, 0xffffu);
  return {done_at(load, work).ns,
          uint64_t{!load.awake} << 48 | (0xffff - speed) << 32 | load.lane};
}

}  // namespace

LaneMask select_least_loaded(std::span<const LaneLoad> loads, const LaneMask& allowed,
                             uint32_t width, Nanos work) {
  DCHECK(loads.size() <= LaneMask::kMaxLanes);
  // The best so far, in order. Operations are few lanes wide, so that few have to move.
  std::array<Choice, LaneMask::kMaxLanes> best;
  size_t count = 0;
  for (const LaneLoad& load : loads) {
    if (!load.usable || load.speed_pct == 0 || !allowed.has(load.lane)) continue;
    const Choice choice = choice_of(load, work);
    if (count < width) ++count;
    else if (width == 0 || !before(choice, best[count - 1])) continue;
    size_t at = count - 1;
    for (; at > 0 && before(choice, best[at - 1]); --at) best[at] = best[at - 1];
    best[at] = choice;
  }
  LaneMask lanes;
  for (size_t i = 0; i < count; ++i) lanes.add(uint32_t(best[i].rank));
  return lanes;
}

}  // namespace takt
