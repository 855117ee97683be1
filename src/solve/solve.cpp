#include "solve/solve.h"

#include <algorithm>
#include <tuple>

#include "base/clock.h"
#include "solve/bounds.h"
#include "solve/builder.h"
#include "solve/orders.h"

namespace takt {

SolveResult solve(const Problem& problem, const SolveOptions& options) {
  const Nanos begin = monotonic_now();
  const Objective objective =
      options.objective.empty() ? default_objective(problem.instance()) : options.objective;
  Blackboard board(problem, Ranking(objective), begin + options.time_limit,
                   options.on_improvement, options.on_bound);
  Builder builder(problem, options.handoff);
  Schedule schedule;
  Guide guide;
  guide.key = keys_of(problem, {});
  for (int rule = -1; rule >= -choice::kRules; --rule) {
    guide.choice.assign(problem.size(), rule);
    builder.build(guide, schedule);
    board.offer(schedule, score_of(problem, schedule), "list");
  }
  const Bounds bounds = bounds_of(problem);
  board.raise_bound(Level::kMakespan, bounds.makespan.ns);
  SolveResult result;
  std::tie(result.schedule, result.score) = *board.best_with_score();
  for (const LevelSpec& spec : objective) {
    const int64_t value = result.score[spec.level];
    const int64_t bound = std::min(board.bound(spec.level), value);
    result.levels.push_back({std::string(name_of(spec.level)), value, bound,
                             bound == value ? ObjectiveLevel::Proof::kOptimal
                                            : ObjectiveLevel::Proof::kGap});
  }
  result.first_at = board.first_at();
  result.best_at = board.best_at();
  result.total = monotonic_now() - begin;
  return result;
}

}  // namespace takt
