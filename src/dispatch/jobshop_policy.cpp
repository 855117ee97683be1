// jobshop: no plan. Earliest deadline first inside a criticality (Liu and Layland 1973),
// then priority, then first come first served.
#include <tuple>

#include "dispatch/order.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

bool due_earlier(const Candidate& a, const Candidate& b) {
  return std::make_tuple(a.criticality, a.deadline, -a.priority, a.submission, a.op) <
         std::make_tuple(b.criticality, b.deadline, -b.priority, b.submission, b.op);
}

class JobshopPolicy final : public Policy {
 public:
  std::string_view name() const override { return "jobshop"; }
  Decision choose(LaneView lane, std::span<const Candidate> candidates, Nanos now) const override {
    return best_ready(lane, candidates, now, due_earlier);
  }
};

}  // namespace

const Policy& jobshop_policy() {
  static const JobshopPolicy policy;
  return policy;
}

}  // namespace takt
