// A mode group as a whole, in another mode.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class GroupMode final : public Neighbourhood {
 public:
  const char* name() const override { return "group mode"; }
  bool applies(const Problem& problem, const Objective&) const override {
    return !problem.instance().mode_groups.empty();
  }

  void select(Selection& out, const Ranking&) override {
    const Problem& problem = out.plan.problem();
    const auto& groups = problem.instance().mode_groups;
    const auto group = static_cast<uint32_t>(out.rng.below(groups.size()));
    for (const OpId op : groups[group])
      if (problem.commitment(op.value())) return;       // its mode is decided
    for (const OpId op : groups[group]) out.add(op.value());
    if (out.ops.empty()) return;
    out.policy.group = group;
    out.policy.group_mode =
        static_cast<uint32_t>(out.rng.below(problem.modes(out.ops.front()).size()));
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> group_mode() { return std::make_unique<GroupMode>(); }

}  // namespace takt
