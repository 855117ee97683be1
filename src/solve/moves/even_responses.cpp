// Jitter is a spread: jobs that are done early wait for the late ones. The last operations of a
// task's jobs get floors so that their responses lie within the limit below a target.
#include "solve/moves/neighbourhood.h"

namespace takt {
namespace {

class EvenResponses final : public Neighbourhood {
 public:
  const char* name() const override { return "even responses"; }
  bool applies(const Problem& problem, const Objective& objective) const override {
    if (!has_level(objective, Level::kControlJitter)) return false;
    for (const InstanceTask& task : problem.instance().tasks)
      if (task.jitter_max != Nanos::max()) return true;
    return false;
  }

  void select(Selection& out, const Ranking&) override {
    const auto tasks = out.keeper.jitter_tasks();
    if (tasks.empty()) return;
    const Instance& instance = out.plan.problem().instance();
    const uint32_t task = tasks[out.rng.below(tasks.size())];
    const auto jobs = out.keeper.jobs_of(task);
    const auto response = [&](uint32_t job) {
      return out.keeper.done(job) - instance.jobs[job].release;
    };
    // The target: usually the slowest response, sometimes that of any job.
    Nanos target = Nanos::min();
    if (out.rng.below(4) == 0) target = response(jobs[out.rng.below(jobs.size())]);
    else
      for (const uint32_t job : jobs) target = std::max(target, response(job));
    target = target - instance.tasks[task].jitter_max;
    const bool clear = out.rng.below(8) == 0;
    const bool moves = out.rng.below(3) != 0;      // into gaps, or pushing what is there
    for (const uint32_t job : jobs)
      for (const uint32_t op : out.keeper.last_ops(job)) {
        if (out.plan.problem().commitment(op)) continue;
        const Nanos floor = clear ? Nanos(0)
                                  : instance.jobs[job].release + target - out.plan.duration(op);
        if (floor == out.plan.floor(op)) continue;
        out.floors.emplace_back(op, std::max(floor, Nanos(0)));
        if (moves) out.add(op);
      }
  }
};

}  // namespace

std::unique_ptr<Neighbourhood> even_responses() { return std::make_unique<EvenResponses>(); }

}  // namespace takt
