// LaneSearch: from "when is this lane free" to "when, and on which lanes, can this mode run":
// several pools at once, any lanes of a pool or an aligned block of them. Scratch of one thread.
//
// `fit(lane, at)` is the earliest start >= at on that lane: monotone in `at`, and at itself when
// the lane fits there; Nanos::max() says that nothing in reach fits.
#pragma once

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "base/check.h"
#include "solve/problem.h"

namespace takt {

class LaneSearch {
 public:
  explicit LaneSearch(const Problem& problem) : pools_(problem.instance().pools) {}

  // The earliest start >= ready at which every demand of `mode` finds its lanes, or
  // Nanos::max() when that is after `bound`. Each round moves the start to a lower bound on it.
  template <class Fit>
  Nanos common_start(const FlatMode& mode, Nanos ready, Nanos bound, const Fit& fit) {
    for (Nanos start = ready; start <= bound;) {
      Nanos next = start;
      for (const Demand& demand : mode.demands)
        next = std::max(next, pool_start(demand, start, fit));
      if (next == start) return start;
      start = next;
    }
    return Nanos::max();
  }

  // Writes the lanes of `mode` to `out`, ascending: those that have been idle for the shortest
  // time `idle(lane)` before, so that long gaps stay whole. REQUIRES: `start` is a common start.
  template <class Fit, class Idle>
  void pick(const FlatMode& mode, Nanos start, const Fit& fit, const Idle& idle, uint32_t* out) {
    uint32_t* last = out;
    for (const Demand& demand : mode.demands) {
      const Pool& pool = pools_[demand.pool.value()];
      const auto open = [&](LaneId lane) { return fit(lane.value(), start) == start; };
      if (pool.aligned && demand.count > 1) pick_block(pool, demand.count, open, idle, last);
      else pick_any(pool, demand.count, open, idle, last);
    }
    std::sort(out, last);
  }

 private:
  template <class Fit>
  Nanos pool_start(const Demand& demand, Nanos start, const Fit& fit) {
    const Pool& pool = pools_[demand.pool.value()];
    if (pool.aligned && demand.count > 1) return block_start(pool, demand.count, start, fit);
    if (demand.count == 1) {
      Nanos best = Nanos::max();
      for (const LaneId lane : pool.lanes) {
        best = std::min(best, fit(lane.value(), start));
        if (best == start) break;
      }
      return best;
    }
    fits_.clear();
    for (const LaneId lane : pool.lanes) fits_.push_back(fit(lane.value(), start));
    const auto nth = fits_.begin() + (demand.count - 1);
    std::nth_element(fits_.begin(), nth, fits_.end());
    return *nth;
  }

  template <class Fit>
  static Nanos block_start(const Pool& pool, int count, Nanos start, const Fit& fit) {
    const auto width = static_cast<size_t>(count);
    Nanos best = Nanos::max();
    for (size_t first = 0; first + width <= pool.lanes.size(); first += width) {
      Nanos at = start;
      for (size_t agreed = 0, i = 0; agreed < width && at < best; i = (i + 1) % width) {
        const Nanos next = fit(pool.lanes[first + i].value(), at);
        agreed = next == at ? agreed + 1 : 1;
        at = next;
      }
      best = std::min(best, at);
      if (best == start) break;
    }
    return best;
  }

  template <class Open, class Idle>
  void pick_block(const Pool& pool, int count, const Open& open, const Idle& idle,
                  uint32_t*& out) {
    const auto width = static_cast<size_t>(count);
    const Nanos none = Nanos::max();
    std::pair best(none, size_t{0});
    for (size_t first = 0; first + width <= pool.lanes.size(); first += width) {
      const auto block = std::span(pool.lanes).subspan(first, width);
      if (!std::all_of(block.begin(), block.end(), open)) continue;
      Nanos sum(0);
      for (const LaneId lane : block) sum += idle(lane.value());
      best = std::min(best, std::pair(sum, first));
    }
    DCHECK(best.first != none);
    for (size_t i = 0; i < width; ++i) *out++ = pool.lanes[best.second + i].value();
  }

  template <class Open, class Idle>
  void pick_any(const Pool& pool, int count, const Open& open, const Idle& idle,
                uint32_t*& out) {
    free_.clear();
    for (const LaneId lane : pool.lanes)
      if (open(lane)) free_.emplace_back(idle(lane.value()), lane.value());
    DCHECK(free_.size() >= static_cast<size_t>(count));
    std::partial_sort(free_.begin(), free_.begin() + count, free_.end());
    for (int i = 0; i < count; ++i) *out++ = free_[static_cast<size_t>(i)].second;
  }

  const std::vector<Pool>& pools_;
  std::vector<Nanos> fits_;
  std::vector<std::pair<Nanos, uint32_t>> free_;
};

}  // namespace takt
