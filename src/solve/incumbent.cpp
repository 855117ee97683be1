#include "solve/incumbent.h"

#include <algorithm>

namespace takt {
namespace {

constexpr int64_t kPatientBudget = 2'000'000;   // about half a second

// One call of a network is worth more search per operation than a window of a thousand.
int64_t budget_for(uint32_t operations) {
  if (operations <= 200) return 200'000;
  return std::max<int64_t>(50'000, int64_t{12} * operations);
}

}  // namespace

Incumbent::Incumbent(const Problem& problem, const SearchOptions& options)
    : problem_(problem),
      options_(options),
      started_(monotonic_now()),
      budget_(options.placements > 0 ? options.placements : budget_for(problem.size())),
      bounds_(bounds_of(problem)),
      builder_(problem, options.handoff) {}

ListScore Incumbent::try_guide(const Guide& guide, Schedule& out) {
  builder_.build(guide, out);
  const ListScore score = list_score_of(problem_, out);
  ++builds_;
  if (builds_ == 1) first_time_ = monotonic_now() - started_;
  if (builds_ == 1 || score < score_) {
    best_time_ = monotonic_now() - started_;
    score_ = score;
    schedule_ = out;
    guide_ = guide;
  }
  return score;
}

// A plan that does not fit, or misses what it might not have to miss, is worth a longer
// search; what the bounds show to be hopeless is not.
bool Incumbent::worth_patience() const {
  if (options_.placements > 0) return false;
  if (score_.overrun > Nanos(0)) return bounds_.makespan <= problem_.instance().horizon;
  return score_.hard_misses > bounds_.hard_misses || score_.firm_misses > bounds_.firm_misses;
}

bool Incumbent::exhausted() const {
  if (builds_ == 0) return false;
  const int64_t budget = worth_patience() ? std::max(budget_, kPatientBudget) : budget_;
  return builds_ * static_cast<int64_t>(problem_.size()) >= budget ||
         (options_.time_limit != Nanos::max() &&
          monotonic_now() - started_ >= options_.time_limit);
}

SearchResult Incumbent::result() const {
  return {schedule_, score_,      bounds_,
          builds_,   first_time_, best_time_, monotonic_now() - started_};
}

}  // namespace takt
