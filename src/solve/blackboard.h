// Blackboard: what the engines of one solve share: the best schedule so far, the best
// bound of every level, and whether to stop. Engines offer schedules and bounds; none
// knows another.
//
// Threads: every member function may be called from any thread. Offers are rare (an
// improvement each), so one mutex; stopped() and version() are one relaxed load, for inner
// loops.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>

#include "base/nanos.h"
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
  // (a better bound of a level, since the solve began) are called under the lock, by the
  // thread that offers; they may call request_stop() only.
  Blackboard(const Problem& problem, Ranking ranking, Nanos deadline,
             OnImprovement on_improvement = nullptr, OnBound on_bound = nullptr);

  const Problem& problem() const { return problem_; }
  Nanos started() const { return started_; }
  Nanos deadline() const { return deadline_; }

  // Takes the schedule if it is better than the best. REQUIRES: it is valid, `score` is its.
  bool offer(const Schedule& schedule, const Score& score, const char* engine);
  // No schedule has a smaller value of `level`, given that every level before it in the
  // objective has at most its `enough` (levels not fixed yet: whatever their value).
  // REQUIRES: proven. Keeps the greatest.
  void raise_bound(Level level, int64_t bound);

  // Grows with every accepted offer.
  uint64_t version() const { return version_.load(std::memory_order_relaxed); }
  std::optional<Score> best_score() const;              // nullopt before the first offer
  std::optional<Schedule> best() const;
  std::optional<std::pair<Schedule, Score>> best_with_score() const;
  Ranking ranking() const;
  int64_t bound(Level level) const;

  // A level is settled: from now on values up to `value` are equally good on it.
  void set_enough(Level level, int64_t value);

  // The whole solve ends: out of time, cancelled, or nothing left to prove.
  bool stopped() const { return stop_.load(std::memory_order_relaxed) || past_deadline(); }
  void request_stop() { stop_.store(true, std::memory_order_relaxed); }

  Nanos first_at() const;        // of the first offer and of the best one, since the start
  Nanos best_at() const;

 private:
  bool past_deadline() const;

  const Problem& problem_;
  const Nanos started_, deadline_;
  const OnImprovement on_improvement_;
  const OnBound on_bound_;
  std::atomic<uint64_t> version_{0};
  std::atomic<bool> stop_{false};

  mutable std::mutex mutex_;     // guards everything below
  Ranking ranking_;
  Schedule best_;
  std::optional<Score> score_;
  std::array<int64_t, kLevelCount> bound_{};
  Nanos first_at_, best_at_;
};

}  // namespace takt
