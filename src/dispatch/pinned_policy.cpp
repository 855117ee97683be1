// pinned: an operation with a pin (or a plan) runs on its lanes only; one without runs anywhere.
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
  Decision choose(const LaneView&, std::span<const Candidate> candidates,
                  Nanos now) const override {
    return best_ready(candidates, now, more_urgent,
                      [](const Candidate& c) { return !c.planned || c.bound; });
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
