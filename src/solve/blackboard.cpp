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

// Whether what keeps `a` keeps `b`.
bool within(const Limits& a, const Limits& b) {
  return std::all_of(std::begin(kLevels), std::end(kLevels),
                     [&](Level level) { return a[level] <= b[level]; });
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
  if (bound <= 0 || (score_ && !keeps(*score_, given))) return;
  std::vector<Bound>& known = bounds_of(level);
  const int64_t before = value_of(level);
  for (const Bound& each : known)
    if (each.value >= bound && within(given, each.given)) return;
  std::erase_if(known, [&](const Bound& each) {
    return each.value <= bound && within(each.given, given);
  });
  const auto above = std::find_if(known.begin(), known.end(),
                                  [&](const Bound& each) { return each.value > bound; });
  known.insert(above, {bound, given});
  if (value_of(level) == before) return;
  publish(level);
  settle();
}

void Blackboard::publish(Level level) {
  if (on_bound_) on_bound_(level, value_of(level), monotonic_now() - started_);
}

void Blackboard::drop_broken_bounds() {
  for (const Level level : kLevels) {
    const int64_t before = value_of(level);
    std::erase_if(bounds_of(level),
                  [&](const Bound& each) { return !keeps(*score_, each.given); });
    if (value_of(level) == before) continue;
    ranking_.set_enough(level, 0);
    publish(level);
  }
}

void Blackboard::settle() {
  if (!score_ || score_->overrun > Nanos(0)) return;
  for (const LevelSpec& spec : ranking_.objective()) {
    const int64_t value = (*score_)[spec.level], bound = value_of(spec.level);
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
  return score_ && (*score_)[level] > std::max(value_of(level), ranking_.enough(level));
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
  return value_of(level);
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
