// dynamic: no plan. The most urgent ready operation; operations with many tiles are
// shared because every idle lane is offered them until their tiles are gone.
#include "dispatch/order.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

class DynamicPolicy final : public Policy {
 public:
  std::string_view name() const override { return "dynamic"; }
  Decision choose(LaneView, std::span<const Candidate> candidates, Nanos now) const override {
    Decision decision;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (c.release > now) {
        wait_for(decision, c.release);
      } else if (c.ready && (decision.candidate < 0 ||
                             more_urgent(c, candidates[size_t(decision.candidate)]))) {
        decision.candidate = int(i);
      }
    }
    return decision;
  }
};

}  // namespace

const Policy& dynamic_policy() {
  static const DynamicPolicy policy;
  return policy;
}

}  // namespace takt
