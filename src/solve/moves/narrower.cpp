// No wider than useful: operations that use more lane time than they must, made narrower.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class Narrower final : public Neighbourhood {
 public:
  const char* name() const override { return "narrower"; }
  bool applies(const Problem& problem, const Objective&) const override {
    for (uint32_t op = 0; op < problem.size(); ++op)
      if (problem.modes(op).size() > 1) return true;
    return false;
  }

  void select(Selection& out, const Ranking&) override {
    const Problem& problem = out.plan.problem();
    const size_t size = 1 + out.rng.below(std::max<size_t>(out.size / 4, 1));
    for (size_t tries = 0; tries < 4 * size && out.ops.size() < size; ++tries) {
      const uint32_t op = out.random_op();
      if (problem.modes(op)[out.plan.mode(op)].area() > problem.least_area(op)) out.add(op);
    }
    out.policy.modes = RepairModes::kNarrow;
    out.policy.random_modes = 0;
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> narrower() { return std::make_unique<Narrower>(); }

}  // namespace takt
