// strict: pure ahead of time. On each lane the plan's operations in the plan's order,
// never before their planned start. Work without a plan (module initialisers, single
// copies) fills the time before the next planned start.
#include <algorithm>

#include "dispatch/order.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

class StrictPolicy final : public Policy {
 public:
  std::string_view name() const override { return "strict"; }
  bool keeps_lanes() const override { return true; }
  Decision choose(LaneView, std::span<const Candidate> candidates, Nanos now) const override {
    Decision decision;
    int next = Decision::kNone;       // first of the plan on this lane
    int unplanned = Decision::kNone;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (c.bound && (next < 0 || planned_earlier(c, candidates[size_t(next)]))) {
        next = int(i);
      } else if (!c.planned) {
        if (c.release > now) {
          wait_for(decision, c.release);
        } else if (c.ready && (unplanned < 0 ||
                               more_urgent(c, candidates[size_t(unplanned)]))) {
          unplanned = int(i);
        }
      }
    }
    if (next >= 0) {
      const Candidate& c = candidates[size_t(next)];
      const Nanos due = std::max(c.start, c.release);
      if (due <= now) {
        if (c.ready) decision.candidate = next;
        return decision;              // due but not ready: wait for it, start nothing else
      }
      wait_for(decision, due);
    }
    decision.candidate = unplanned;
    return decision;
  }
};

}  // namespace

const Policy& strict_policy() {
  static const StrictPolicy policy;
  return policy;
}

}  // namespace takt
