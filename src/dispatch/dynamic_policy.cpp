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
    return best_ready(candidates, now, more_urgent);
  }
};

}  // namespace

const Policy& dynamic_policy() {
  static const DynamicPolicy policy;
  return policy;
}

}  // namespace takt
