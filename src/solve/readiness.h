// Readiness: when the predecessors of an operation allow it to start, which depends on where
// it runs: data travels between sites, and a hand-off to a lane that took no part in the
// predecessor takes time (cache lines and wake-ups travel). Scratch of one thread.
#pragma once

#include <algorithm>
#include <vector>

#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

class Readiness {
 public:
  Readiness(const Problem& problem, Nanos handoff) : problem_(problem), handoff_(handoff) {
    lane_ready_.resize(problem.lane_count());
  }

  // From now on the answers are about `op` at `site`, not before `floor`. REQUIRES: its
  // predecessors are placed.
  void look_at(uint32_t op, uint32_t site, Nanos floor, const Schedule& schedule) {
    const auto preds = problem_.preds(op);
    ready_ = std::max(problem_.least_start(op), floor);
    for (const Arc& arc : preds) ready_ = std::max(ready_, told(arc, site, schedule));
    if (handoff_ == Nanos(0)) return;
    std::fill(lane_ready_.begin(), lane_ready_.end(), ready_);
    for (const Arc& arc : preds) {
      const Nanos elsewhere = told(arc, site, schedule) + handoff_;
      if (elsewhere <= ready_) continue;
      const auto own = schedule.lanes_of(problem_, arc.op);
      size_t next = 0;                     // both ascend
      for (uint32_t lane = 0; lane < lane_ready_.size(); ++lane) {
        if (next < own.size() && own[next] == lane) ++next;
        else lane_ready_[lane] = std::max(lane_ready_[lane], elsewhere);
      }
    }
  }

  Nanos anywhere() const { return ready_; }    // on any lane, hand-off not counted
  Nanos on(uint32_t lane) const { return handoff_ == Nanos(0) ? ready_ : lane_ready_[lane]; }

 private:
  Nanos told(const Arc& arc, uint32_t site, const Schedule& schedule) const {
    const FlatMode& from = schedule.mode_of(problem_, arc.op);
    return schedule.start[arc.op] + from.duration + problem_.lag(arc, from.site, site);
  }

  const Problem& problem_;
  const Nanos handoff_;
  Nanos ready_;
  std::vector<Nanos> lane_ready_;
};

}  // namespace takt
