// An operation with what is near it: predecessors, successors, and neighbours on its lanes, and
// theirs.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class AroundOperation final : public Neighbourhood {
 public:
  const char* name() const override { return "around operation"; }

  void select(Selection& out, const Ranking&) override {
    const Problem& problem = out.plan.problem();
    out.add(out.random_op());
    for (size_t next = 0; next < out.ops.size() && !out.full(); ++next) {
      const uint32_t op = out.ops[next];
      for (uint32_t i = 0; i < out.plan.lanes(op).size(); ++i) {
        add_some(out, out.plan.before(op, i));
        add_some(out, out.plan.after(op, i));
      }
      for (const Arc& arc : problem.preds(op)) add_some(out, arc.op);
      for (const Arc& arc : problem.succs(op)) add_some(out, arc.op);
    }
  }

 private:
  static void add_some(Selection& out, uint32_t op) {
    if (op != MovablePlan::kNone && !out.full() && out.rng.below(2) == 0) out.add(op);
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> around_operation() { return std::make_unique<AroundOperation>(); }

}  // namespace takt
