// Whole jobs (or the first part of one that is too long) that are released at about the same time.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class JobSet final : public Neighbourhood {
 public:
  const char* name() const override { return "job set"; }
  bool applies(const Problem& problem, const Objective&) const override {
    return problem.instance().jobs.size() > 1;
  }

  void select(Selection& out, const Ranking&) override {
    const Problem& problem = out.plan.problem();
    const uint32_t centre = out.random_op();
    add_job(out, problem.job_of(centre));
    // Others that have an operation at work near this one.
    for (int tries = 0; tries < 8 && !out.full(); ++tries) {
      const auto lane = static_cast<uint32_t>(out.rng.below(problem.lane_count()));
      const auto sequence = out.plan.on_lane(lane);
      if (sequence.empty()) continue;
      const size_t at = std::min(out.plan.first_from(lane, out.plan.start(centre)) +
                                     out.rng.below(5),
                                 sequence.size() - 1);
      add_job(out, problem.job_of(sequence[at]));
    }
  }

 private:
  static void add_job(Selection& out, uint32_t index) {
    const Job& job = out.plan.problem().instance().jobs[index];
    for (uint32_t op = job.first_op; op < job.first_op + job.op_count && !out.full(); ++op)
      out.add(op);
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> job_set() { return std::make_unique<JobSet>(); }

}  // namespace takt
