// A lane without work can sleep: everything on a lane that has little goes to the others.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class EmptyLane final : public Neighbourhood {
 public:
  const char* name() const override { return "empty lane"; }
  bool applies(const Problem&, const Objective& objective) const override {
    return has_level(objective, Level::kActiveLanes);
  }

  void select(Selection& out, const Ranking&) override {
    const uint32_t lanes = out.plan.problem().lane_count();
    out.banned.assign(lanes, 0);
    uint32_t found = MovablePlan::kNone;
    for (uint32_t lane = 0; lane < lanes; ++lane) {
      const size_t work = out.plan.on_lane(lane).size();
      out.banned[lane] = work == 0;             // sleeping lanes sleep on
      if (work == 0 || out.rng.below(3) == 0) continue;
      if (found == MovablePlan::kNone || work < out.plan.on_lane(found).size()) found = lane;
    }
    if (found == MovablePlan::kNone) return;
    out.banned[found] = 1;
    for (const uint32_t op : out.plan.on_lane(found)) out.add(op);
    out.policy.banned = out.banned;
    if (out.policy.modes == RepairModes::kKeep) out.policy.modes = RepairModes::kThrifty;
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> empty_lane() { return std::make_unique<EmptyLane>(); }

}  // namespace takt
