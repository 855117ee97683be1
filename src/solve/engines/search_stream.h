// SearchStream: one stream of search: tabu search on one-lane problems while makespan is open,
// large neighbourhood search for everything else. Goes on where it was when it is run again.
#pragma once

#include <cstdint>
#include <optional>

#include "solve/engines/elite_stream.h"
#include "solve/engines/solve_context.h"
#include "solve/lns.h"

namespace takt {

struct StreamOptions {
  uint64_t seed = 1;
  Nanos handoff;                       // see Builder
  bool exchange = false;               // see LnsOptions
};

class SearchStream {
 public:
  // REQUIRES: the board has a schedule. Both outlive it. One thread at a time.
  SearchStream(const Problem& problem, Blackboard& board, const StreamOptions& options);

  // Until the budget is used, the board stops, or nothing can be moved. Returns the steps done.
  // Where levels come after makespan, the tabu search takes half of the budget at most.
  int64_t run(const Budget& budget);

 private:
  int64_t run_elite(const Budget& budget);
  int64_t run_lns(const Budget& budget);

  const Problem& problem_;
  Blackboard& board_;
  const StreamOptions options_;
  const Objective objective_;
  const bool one_lane_;
  std::optional<EliteStream> elite_;
  std::optional<Lns> lns_;
};

}  // namespace takt
