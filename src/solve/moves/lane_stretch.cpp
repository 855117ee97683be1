// Stretches of one to three lanes: those of an operation and of one that ran beside it.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class LaneStretch final : public Neighbourhood {
 public:
  const char* name() const override { return "lane stretch"; }

  void select(Selection& out, const Ranking&) override {
    const MovablePlan& plan = out.plan;
    const uint32_t centre = out.random_op();
    const uint64_t lanes = 1 + out.rng.below(3);
    for (uint64_t i = 0; i < lanes; ++i) {
      const uint32_t lane =
          i == 0 ? plan.lanes(centre)[out.rng.below(plan.lanes(centre).size())]
                 : static_cast<uint32_t>(out.rng.below(plan.problem().lane_count()));
      const auto sequence = plan.on_lane(lane);
      const size_t half = out.size / lanes / 2, at = plan.first_from(lane, plan.start(centre));
      for (size_t k = at - std::min(at, half); k < sequence.size() && k <= at + half; ++k)
        out.add(sequence[k]);
    }
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> lane_stretch() { return std::make_unique<LaneStretch>(); }

}  // namespace takt
