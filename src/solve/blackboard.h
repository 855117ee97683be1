// Blackboard: what the engines of one solve share: the best schedule so far, the best
// bound of every level, which levels are settled, and whether to stop. Engines offer
// schedules and bounds; none knows another.
//
// Levels settle by themselves: when the best schedule meets a level's bound, values within the
// level's tolerance become equally good (Ranking's `enough`); when all levels are settled and
// the window is kept, nothing is left to find and the solve stops (see go_on_when_settled()).
//
// Threads: every member function may be called from any thread. Offers are rare (an
// improvement each), so one mutex; stopped() and version() are one load, for inner loops.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>
#include <vector>

#include "base/nanos.h"
#include "solve/bounds/destructive.h"
#include "solve/problem.h"
#include "solve/schedule.h"
#include "solve/score.h"

namespace takt {

struct Improvement {
  Nanos at;                      // since the solve began
  Score score;
  const char* engine = "";       // who found it; static storage
};

class Blackboard {
 public:
  using OnImprovement = std::function<void(const Improvement&, const Schedule&)>;
  using OnBound = std::function<void(Level level, int64_t bound, Nanos at)>;

  // `deadline`: monotonic time at which stopped() turns true. `on_improvement` and `on_bound`
  // (another bound of a level, since the solve began) are called under the lock, by the
  // thread that offers; they may call request_stop() only.
  Blackboard(const Problem& problem, Ranking ranking, Nanos deadline,
             OnImprovement on_improvement = nullptr, OnBound on_bound = nullptr);

  const Problem& problem() const { return problem_; }
  Nanos started() const { return started_; }
  Nanos deadline() const { return deadline_; }

  // Takes the schedule if it is better than the best. REQUIRES: it is valid, `score` is its.
  bool offer(const Schedule& schedule, const Score& score, const char* engine);

  // No schedule without overrun that keeps `given` has a smaller value of `level`. The greatest
  // counts. A bound whose `given` the best schedule does not keep is not taken, and one whose
  // `given` is broken by a new best schedule (an earlier level got better at the cost of
  // another) falls back to the greatest that still holds. REQUIRES: proven.
  void raise_bound(Level level, int64_t bound, const Limits& given = {});
  // What a bound of `level` may take for granted: every earlier level at most what the best
  // schedule has, or its `enough` where that is more. REQUIRES: there is a schedule.
  Limits given_for(Level level) const;

  // Grows with every accepted offer.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  std::optional<Score> best_score() const;              // nullopt before the first offer
  std::optional<Schedule> best() const;
  std::optional<std::pair<Schedule, Score>> best_with_score() const;
  Ranking ranking() const;
  int64_t bound(Level level) const;
  // Whether the best schedule is worse on the level than its bound, and than its `enough`.
  bool open(Level level) const;

  // From now on values of `level` up to `value` are equally good.
  void set_enough(Level level, int64_t value);

  // The whole solve ends: out of time, cancelled, or nothing left to find.
  bool stopped() const { return stop_.stop_requested() || past_deadline(); }
  void request_stop() { stop_.request_stop(); }
  // Settled levels do not end the solve: what comes after them, short responses and little lane
  // time, is worth the rest of the budget. Before the first offer.
  void go_on_when_settled() { go_on_ = true; }
  std::stop_token stop_token() const { return stop_.get_token(); }   // says nothing of time

  Nanos first_at() const;        // of the first offer and of the best one, since the start
  Nanos best_at() const;

 private:
  struct Bound {
    int64_t value = 0;
    Limits given;                // which the best schedule keeps
  };

  bool past_deadline() const;
  std::vector<Bound>& bounds_of(Level level) { return bounds_[static_cast<size_t>(level)]; }
  int64_t value_of(Level level) const {
    const auto& known = bounds_[static_cast<size_t>(level)];
    return known.empty() ? 0 : known.back().value;
  }
  void publish(Level level);
  void drop_broken_bounds();
  void settle();

  const Problem& problem_;
  const Nanos started_, deadline_;
  const OnImprovement on_improvement_;
  const OnBound on_bound_;
  std::atomic<uint64_t> version_{0};
  std::stop_source stop_;
  bool go_on_ = false;

  mutable std::mutex mutex_;     // guards everything below
  Ranking ranking_;
  Schedule best_;
  std::optional<Score> score_;
  // Ascending; a lower one is kept for what it takes less for granted than those above.
  std::array<std::vector<Bound>, kLevelCount> bounds_;
  Nanos first_at_, best_at_;
};

}  // namespace takt
