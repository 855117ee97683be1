#include "dispatch/placement.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/check.h"

namespace takt {
namespace {

struct Choice {
  Nanos done;
  const LaneLoad* load;
};

bool before(const Choice& a, const Choice& b) {
  if (a.done != b.done) return a.done < b.done;   // nearly always decides: no tuple for it
  return std::make_tuple(!a.load->awake, -int64_t(a.load->speed_pct), a.load->lane) <
         std::make_tuple(!b.load->awake, -int64_t(b.load->speed_pct), b.load->lane);
}

}  // namespace

Nanos done_at(const LaneLoad& load, Nanos work) {
  if (load.speed_pct == 0) return Nanos::max();
  const Nanos sum = std::max(load.backlog, Nanos(0)) + std::max(work, Nanos(0));
  if (load.speed_pct == 100) return sum;
  return sum > Nanos::max() / 100 ? Nanos::max() : sum * 100 / int64_t(load.speed_pct);
}

LaneMask select_least_loaded(std::span<const LaneLoad> loads, const LaneMask& allowed,
                             uint32_t width, Nanos work) {
  DCHECK(loads.size() <= LaneMask::kMaxLanes);
  std::array<Choice, LaneMask::kMaxLanes> choices;
  size_t count = 0;
  for (const LaneLoad& load : loads) {
    if (load.usable && load.speed_pct > 0 && allowed.has(load.lane))
      choices[count++] = {done_at(load, work), &load};
  }
  const size_t taken = std::min<size_t>(width, count);
  std::partial_sort(choices.begin(), choices.begin() + long(taken),
                    choices.begin() + long(count), before);
  LaneMask lanes;
  for (size_t i = 0; i < taken; ++i) lanes.add(choices[i].load->lane);
  return lanes;
}

}  // namespace takt
