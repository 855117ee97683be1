#include "solve/blackboard.h"

#include <algorithm>

#include "base/check.h"
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

namespace {

bool keeps(const Score& score, const Limits& limits) {
  return std::all_of(std::begin(kLevels), std::end(kLevels),
                     [&](Level level) { return score[level] <= limits[level]; });
}

}  // namespace

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
  drop_broken_bounds();
  settle();
  return true;
}

void Blackboard::raise_bound(Level level, int64_t bound, const Limits& given) {
  const std::lock_guard lock(mutex_);
  Bound& known = bound_of(level);
  if (given.most == Limits{}.most) known.alone = std::max(known.alone, bound);
  if (bound <= known.value || (score_ && !keeps(*score_, given))) return;
  known.value = bound;
  known.given = given;
  publish(level);
  settle();
}

void Blackboard::publish(Level level) {
  if (on_bound_) on_bound_(level, bound_of(level).value, monotonic_now() - started_);
}

void Blackboard::drop_broken_bounds() {
  for (const Level level : kLevels) {
    Bound& known = bound_of(level);
    if (keeps(*score_, known.given)) continue;
    known.value = known.alone;
    known.given = {};
    ranking_.set_enough(level, 0);
    publish(level);
  }
}

void Blackboard::settle() {
  if (!score_ || score_->overrun > Nanos(0)) return;
  for (const LevelSpec& spec : ranking_.objective()) {
    const int64_t value = (*score_)[spec.level], bound = bound_of(spec.level).value;
    // Nothing comes after the last level that it could give way to.
    const bool last = spec == ranking_.objective().back();
    const int64_t allowed = last ? bound : spec.allowed(bound);
    if (value <= bound)
      ranking_.set_enough(spec.level, std::max(ranking_.enough(spec.level), allowed));
    if (value > std::max(bound, std::min(ranking_.enough(spec.level), allowed))) return;
  }
  if (!go_on_) request_stop();
}

Limits Blackboard::given_for(Level level) const {
  const std::lock_guard lock(mutex_);
  CHECK(score_);
  Limits given;
  given.in_window = true;
  for (const LevelSpec& spec : ranking_.objective()) {
    if (spec.level == level) break;
    given[spec.level] = std::max((*score_)[spec.level], ranking_.enough(spec.level));
  }
  return given;
}

bool Blackboard::open(Level level) const {
  const std::lock_guard lock(mutex_);
  return score_ && (*score_)[level] > std::max(bound_of(level).value, ranking_.enough(level));
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
  return bound_of(level).value;
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
