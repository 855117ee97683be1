// pinned: an operation with a pin runs on its lanes only; one without runs anywhere.
// serial: the same rule; its caller pins every submission and chains its operations.
#include "dispatch/order.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

class PinnedPolicy final : public Policy {
 public:
  explicit PinnedPolicy(std::string_view name) : name_(name) {}
  std::string_view name() const override { return name_; }
  bool keeps_lanes() const override { return true; }
  Decision choose(LaneView, std::span<const Candidate> candidates, Nanos now) const override {
    Decision decision;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (c.planned && !c.bound) continue;
      if (c.release > now) {
        wait_for(decision, c.release);
      } else if (c.ready && (decision.candidate < 0 ||
                             more_urgent(c, candidates[size_t(decision.candidate)]))) {
        decision.candidate = int(i);
      }
    }
    return decision;
  }

 private:
  std::string_view name_;
};

}  // namespace

const Policy& pinned_policy() {
  static const PinnedPolicy policy("pinned");
  return policy;
}

const Policy& serial_policy() {
  static const PinnedPolicy policy("serial");
  return policy;
}

}  // namespace takt
