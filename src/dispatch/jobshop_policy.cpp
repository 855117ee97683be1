// jobshop: no plan. Queues by criticality and priority, in them earliest deadline first, then least
// laxity (the chain of operations up to the end of the job counts), then first come first served;
// any lane takes the first. A lane stays free for a more critical release that is announced when
// what could start would not be over in time; an accelerator is used by one at a time and kept for
// the more critical likewise, and waited for when the cores together would take longer.
#include "dispatch/demand.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

class JobshopPolicy final : public Policy {
 public:
  std::string_view name() const override { return "jobshop"; }
  bool looks_around() const override { return true; }

  Decision choose(const LaneView& lane, std::span<const Candidate> candidates,
                  Nanos now) const override {
    Demand demand(lane, candidates, now, /*plan=*/false);
    Decision decision;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      Unit unit;
      bool held;
      if (!demand.may_start(c, &unit, &held, &decision)) continue;
      if (decision.candidate < 0 || due_earlier(c, candidates[size_t(decision.candidate)])) {
        decision.candidate = int(i);
        decision.unit = unit;
      }
    }
    return decision;
  }
};

}  // namespace

const Policy& jobshop_policy() {
  static const JobshopPolicy policy;
  return policy;
}

}  // namespace takt
