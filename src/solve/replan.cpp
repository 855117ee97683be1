#include "solve/replan.h"

#include "base/check.h"
#include "base/clock.h"
#include "solve/orders.h"

namespace takt {
namespace {

// Steps without progress after which the search leaves the repaired plan for the best plan there
// is. 300 to 1000 make no difference in 20 ms.
constexpr int64_t kPatience = 600;

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

// The order of the previous plan, what is new as early as it can be; modes as they were.
void Replanner::follow(const Schedule& previous) {
  DCHECK(previous.start.size() <= problem_.size());
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    const bool known = op < previous.start.size();
    guide_.key[op] = known ? previous.start[op].ns : problem_.head(op).ns;
    guide_.choice[op] = known && previous.mode[op] < problem_.modes(op).size()
                            ? static_cast<int>(previous.mode[op])
                            : choice::kEarliest;
  }
}

const Schedule& Replanner::first(const Schedule* previous) {
  if (previous) {
    follow(*previous);
    consider();
    repaired_ = built_;
    on_repaired_ = true;
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
  if (problem_.instance().commitments.size() == problem_.size()) return best_;
  if (!search_) {
    search_.emplace(problem_, ranking_, options_.handoff, options_.seed);
    search_->start(on_repaired_ ? repaired_ : best_);
  }
  for (; steps > 0 && monotonic_now() < deadline; --steps) {
    search_->step();
    if (ranking_.better(search_->score(), score_)) {
      score_ = search_->score();
      best_ = search_->schedule();
    } else if (on_repaired_ && search_->fruitless() > kPatience) {
      on_repaired_ = false;
      search_->start(best_);
    }
  }
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
