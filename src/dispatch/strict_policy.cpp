// strict: pure ahead of time. On each lane the plan's operations in the plan's order, in the
// planned mode, never before their planned start; what is late starts as soon as it can and
// nothing makes up for it: its job is reported as missed. Work without a plan (module
// initialisers, single copies) runs when it is over before the next planned start.
#include <algorithm>

#include "dispatch/order.h"
#include "dispatch/policies.h"
#include "dispatch/urgency.h"

namespace takt {
namespace {

class StrictPolicy final : public Policy {
 public:
  std::string_view name() const override { return "strict"; }
  bool keeps_lanes() const override { return true; }

  Decision choose(const LaneView&, std::span<const Candidate> candidates,
                  Nanos now) const override {
    int next = Decision::kNone;       // first of the plan on this lane
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (c.bound && (next < 0 || planned_earlier(c, candidates[size_t(next)]))) next = int(i);
    }
    if (next < 0) return in_the_gap(candidates, Nanos::max(), now);
    const Candidate& c = candidates[size_t(next)];
    const Nanos due = std::max(c.start, c.release);
    if (due > now) return in_the_gap(candidates, due, now);
    Decision decision;
    // A plan's accelerator that the caller does not drive (no duration): the core does it.
    decision.unit = has_accelerator(c) ? c.planned_unit : Unit::kCore;
    if (c.ready && (decision.unit == Unit::kCore ? c.on_core : c.accelerator_free))
      decision.candidate = next;
    else if (c.ready)
      wait_for_accelerator(decision, c, now);
    return decision;                  // due but not ready: wait for it, start nothing else
  }

 private:
  // The most urgent work without a plan that is over before `end`.
  static Decision in_the_gap(std::span<const Candidate> candidates, Nanos end, Nanos now) {
    Decision decision;
    wait_for(decision, end);
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      Unit unit;
      if (c.planned) continue;
      if (c.release > now) {
        wait_for(decision, c.release);
      } else if (c.ready && !unit_now(c, &unit)) {
        wait_for_accelerator(decision, c, now);
      } else if (c.ready && (end == Nanos::max() || now + blocks_for(c, unit) <= end) &&
                 (decision.candidate < 0 ||
                  more_urgent(c, candidates[size_t(decision.candidate)]))) {
        decision.candidate = int(i);
        decision.unit = unit;
      }
    }
    return decision;
  }
};

}  // namespace

const Policy& strict_policy() {
  static const StrictPolicy policy;
  return policy;
}

}  // namespace takt
