// Consecutive jobs of one task, or one operation of each of them in the same new mode.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class TaskSet final : public Neighbourhood {
 public:
  const char* name() const override { return "task set"; }
  bool applies(const Problem& problem, const Objective&) const override {
    return problem.instance().jobs.size() > problem.instance().tasks.size();
  }

  void select(Selection& out, const Ranking&) override {
    const Instance& instance = out.plan.problem().instance();
    const uint32_t job = out.plan.problem().job_of(out.random_op());
    const auto jobs = out.keeper.jobs_of(instance.jobs[job].task.value());
    const auto here = std::find(jobs.begin(), jobs.end(), job) - jobs.begin();
    if (out.rng.below(2) == 0) out.policy.modes = RepairModes::kThrifty;
    for (auto k = static_cast<size_t>(here); k < jobs.size() && !out.full(); ++k) {
      const Job& each = instance.jobs[jobs[k]];
      for (uint32_t op = each.first_op; op < each.first_op + each.op_count && !out.full(); ++op)
        out.add(op);
    }
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> task_set() { return std::make_unique<TaskSet>(); }

}  // namespace takt
