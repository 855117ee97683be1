// Demand: what all candidates together want of a lane and of its accelerator, and so what may
// start there now and in which mode. jobshop and hybrid are orders over it.
//
// Operations are preempted at tile boundaries only. So something starts only when it is over (its
// tile, or its run on the accelerator) before what is more critical has to start here. Work bound
// to this lane by the plan needs this lane; other work needs any, so the lane is kept free for it
// only when there is more of it than other lanes can take.
#pragma once

#include <algorithm>
#include <array>
#include <iterator>

#include "dispatch/order.h"
#include "dispatch/urgency.h"

namespace takt {

// The earliest time per criticality by which something is needed.
class Reservation {
 public:
  Reservation() { first_.fill(Nanos::max()); }
  void note(Criticality criticality, Nanos time) {
    Nanos& first = first_[size_t(criticality)];
    first = std::min(first, time);
  }
  // By what is more critical than `criticality`; max(): never.
  Nanos above(Criticality criticality) const {
    Nanos time = Nanos::max();
    for (size_t k = 0; k < size_t(criticality); ++k) time = std::min(time, first_[k]);
    return time;
  }
  Nanos of(Criticality criticality) const { return first_[size_t(criticality)]; }
  // By what is more critical, or as critical.
  Nanos from(Criticality criticality) const {
    return std::min(above(criticality), of(criticality));
  }

 private:
  std::array<Nanos, std::size(kCriticalities)> first_;
};

class Demand {
 public:
  // `plan`: lanes and modes of the plan count; false: all work is treated alike.
  Demand(const LaneView& lane, std::span<const Candidate> candidates, Nanos now, bool plan)
      : lane_(lane), candidates_(candidates), now_(now), plan_(plan) {}

  // True when `c` may start here now, on `unit`. Else `decision` notes when to ask again, and
  // `held` is set when it is because of something more critical.
  bool may_start(const Candidate& c, Unit* unit, bool* held, Decision* decision) {
    *held = false;
    if (c.release > now_) wait_for(*decision, c.release);
    return c.ready && c.release <= now_ && released_may_start(c, unit, held, decision);
  }

 private:
  bool released_may_start(const Candidate& c, Unit* unit, bool* held, Decision* decision);
  void reserve();
  bool planned(const Candidate& c) const { return plan_ && c.planned; }
  bool left_to_owner(const Candidate& c, Decision* decision) const;
  bool left_to_steady(const Candidate& c, Decision* decision) const;
  bool mode(const Candidate& c, Unit* unit, Decision* decision) const;
  bool lanes_run_short(const Candidate& c, Nanos end) const;

  const LaneView& lane_;
  std::span<const Candidate> candidates_;
  Nanos now_;
  bool plan_;
  bool reserved_ = false;            // what follows: most questions end before it is needed
  Reservation here_;                 // work that is bound to this lane
  Reservation anywhere_;             // work that any lane may do
  Reservation planned_here_;         // ... by its planned start
  Reservation planned_accelerator_;
  Reservation accelerator_starts_;   // planned ones by their planned start
  Reservation any_accelerator_;
};

}  // namespace takt
