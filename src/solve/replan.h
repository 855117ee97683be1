// Replanner: a plan for the rest of a window, quickly. The Problem says what is decided
// (commitments: what runs or has run), from when on there is a choice (not_before) and which
// lanes are gone (outages); the previous plan says in which order and modes the rest was to run.
//
// first() repairs: the previous order and modes where they are still possible, and a few
// priority rules beside, the best of them. improve() searches on, first from the repaired plan:
// it may be a little worse on an early level than what a rule gives and far better on all the
// others. Both give valid plans.
//
// Threads: one Replanner per thread; nothing is shared. Memory: a constant number of
// allocations per Replanner, none per operation after its first build and first steps.
#pragma once

#include <cstdint>
#include <optional>

#include "base/nanos.h"
#include "solve/builder.h"
#include "solve/problem.h"
#include "solve/ruin_recreate.h"
#include "solve/schedule.h"

namespace takt {

struct ReplanOptions {
  Objective objective;                 // empty: default_objective(instance)
  Nanos handoff;                       // see Builder
  uint64_t seed = 1;
};

class Replanner {
 public:
  // `problem` must outlive it.
  Replanner(const Problem& problem, const ReplanOptions& options);
  Replanner(const Replanner&) = delete;
  Replanner& operator=(const Replanner&) = delete;

  // `previous`: a schedule of a problem with the same operations and modes, or nullptr; its
  // times, lanes and modes need not be possible any more. Operations after its last are new.
  const Schedule& first(const Schedule* previous);
  // Searches until `deadline` (monotonic) or for so many steps, whichever ends first; goes on
  // where it was when called again. The best plan so far. REQUIRES: first() was called.
  const Schedule& improve(Nanos deadline, int64_t steps = INT64_MAX);

  const Schedule& schedule() const { return best_; }
  const Score& score() const { return score_; }

 private:
  void follow(const Schedule& previous);
  void consider();

  const Problem& problem_;
  const ReplanOptions options_;
  const Ranking ranking_;
  Builder builder_;
  Guide guide_;
  Schedule built_, best_;
  Score score_;
  bool any_ = false;
  Schedule repaired_;                      // the previous plan
  bool on_repaired_ = false;               // where the search starts, or is
  std::optional<RuinRecreate> search_;     // from the first improve() on
};

// first() and improve() for `time` from now.
Schedule replan(const Problem& problem, const Schedule* previous, Nanos time,
                const ReplanOptions& options = {});

}  // namespace takt
