#include "solve/replan.h"

#include "base/check.h"
#include "base/clock.h"
#include "solve/lns.h"
#include "solve/orders.h"

namespace takt {
namespace {

Objective objective_of(const Problem& problem, const ReplanOptions& options) {
  return options.objective.empty() ? default_objective(problem.instance()) : options.objective;
}

}  // namespace

Replanner::Replanner(const Problem& problem, const ReplanOptions& options)
    : problem_(problem),
      options_(options),
      ranking_(objective_of(problem, options)),
      builder_(problem, options.handoff) {
  guide_.key.resize(problem.size());
  guide_.choice.resize(problem.size());
}

// Takes what was built last if it is better.
void Replanner::consider() {
  builder_.build(guide_, built_);
  const Score score = score_of(problem_, built_);
  if (any_ && !ranking_.better(score, score_)) return;
  any_ = true;
  score_ = score;
  best_ = built_;
}

const Schedule& Replanner::first(const Schedule* previous) {
  if (previous) {
    DCHECK(previous->start.size() == problem_.size());
    for (uint32_t op = 0; op < problem_.size(); ++op) {
      guide_.key[op] = previous->start[op].ns;
      guide_.choice[op] = previous->mode[op] < problem_.modes(op).size()
                              ? static_cast<int>(previous->mode[op])
                              : choice::kEarliest;
    }
    consider();
    guide_.choice.assign(problem_.size(), choice::kEarliest);
    consider();
  }
  guide_.key = keys_of(problem_, {});
  for (const int rule : {choice::kThrifty, choice::kEarliest}) {
    guide_.choice.assign(problem_.size(), rule);
    consider();
  }
  return best_;
}

const Schedule& Replanner::improve(Nanos deadline, int64_t steps) {
  DCHECK(any_);
  Blackboard board(problem_, ranking_, deadline);
  board.offer(best_, score_, "replan");
  LnsOptions options;
  options.seed = options_.seed;
  options.handoff = options_.handoff;
  options.construct = false;           // a few of 20 ms; first() made the likely ones
  Lns lns(problem_, board, options);
  lns.run(steps);
  std::tie(best_, score_) = *board.best_with_score();
  return best_;
}

Schedule replan(const Problem& problem, const Schedule* previous, Nanos time,
                const ReplanOptions& options) {
  const Nanos deadline = monotonic_now() + time;
  Replanner replanner(problem, options);
  replanner.first(previous);
  return replanner.improve(deadline);
}

}  // namespace takt
