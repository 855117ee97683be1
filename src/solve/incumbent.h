// Incumbent: builds candidates, counts what they cost against the budget, and keeps the
// best schedule with the guide that led to it. Shared by the steps of search().
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "solve/bounds.h"
#include "solve/builder.h"
#include "solve/schedule.h"
#include "solve/search.h"

namespace takt {

class Incumbent {
 public:
  Incumbent(const Problem& problem, const SearchOptions& options);

  // Builds `guide` into `out`; keeps it when it is the best so far.
  ListScore try_guide(const Guide& guide, Schedule& out);

  bool exhausted() const;               // budget or time used up
  bool proven() const { return builds_ > 0 && meets(score_, bounds_); }

  const Problem& problem() const { return problem_; }
  const SearchOptions& options() const { return options_; }
  const Guide& guide() const { return guide_; }
  const Schedule& schedule() const { return schedule_; }
  const ListScore& score() const { return score_; }
  SearchResult result() const;

 private:
  bool worth_patience() const;

  const Problem& problem_;
  const SearchOptions options_;
  const Nanos started_;
  const int64_t budget_;
  const Bounds bounds_;
  Builder builder_;
  Guide guide_;
  Schedule schedule_;
  ListScore score_;
  int64_t builds_ = 0;
  Nanos first_time_, best_time_;
};

// Local search from the incumbent: late acceptance hill climbing (Burke and Bykov 2017)
// over guides, moving operations of critical chains earlier or into another mode.
void improve(Incumbent& incumbent);

}  // namespace takt
