#include "solve/blackboard.h"

#include <algorithm>

#include "base/clock.h"

namespace takt {

Blackboard::Blackboard(const Problem& problem, Ranking ranking, Nanos deadline,
                       OnImprovement on_improvement, OnBound on_bound)
    : problem_(problem),
      started_(monotonic_now()),
      deadline_(deadline),
      on_improvement_(std::move(on_improvement)),
      on_bound_(std::move(on_bound)),
      ranking_(std::move(ranking)) {}

bool Blackboard::past_deadline() const {
  return deadline_ != Nanos::max() && monotonic_now() >= deadline_;
}

bool Blackboard::offer(const Schedule& schedule, const Score& score, const char* engine) {
  DCHECK(score_of(problem_, schedule) == score);
  const std::lock_guard lock(mutex_);
  if (score_ && !ranking_.better(score, *score_)) return false;
  best_ = schedule;
  best_at_ = monotonic_now() - started_;
  if (!score_) first_at_ = best_at_;
  score_ = score;
  version_.fetch_add(1, std::memory_order_relaxed);
  if (on_improvement_) on_improvement_({best_at_, score, engine}, best_);
  return true;
}

void Blackboard::raise_bound(Level level, int64_t bound) {
  const std::lock_guard lock(mutex_);
  int64_t& best = bound_[static_cast<size_t>(level)];
  if (bound <= best) return;
  best = bound;
  if (on_bound_) on_bound_(level, bound, monotonic_now() - started_);
}

std::optional<Score> Blackboard::best_score() const {
  const std::lock_guard lock(mutex_);
  return score_;
}

std::optional<Schedule> Blackboard::best() const {
  const std::lock_guard lock(mutex_);
  if (!score_) return std::nullopt;
  return best_;
}

std::optional<std::pair<Schedule, Score>> Blackboard::best_with_score() const {
  const std::lock_guard lock(mutex_);
  if (!score_) return std::nullopt;
  return std::pair(best_, *score_);
}

Ranking Blackboard::ranking() const {
  const std::lock_guard lock(mutex_);
  return ranking_;
}

int64_t Blackboard::bound(Level level) const {
  const std::lock_guard lock(mutex_);
  return bound_[static_cast<size_t>(level)];
}

void Blackboard::set_enough(Level level, int64_t value) {
  const std::lock_guard lock(mutex_);
  ranking_.set_enough(level, value);
}

Nanos Blackboard::first_at() const {
  const std::lock_guard lock(mutex_);
  return first_at_;
}

Nanos Blackboard::best_at() const {
  const std::lock_guard lock(mutex_);
  return best_at_;
}

}  // namespace takt
