#include "solve/engines/search_stream.h"

#include <algorithm>

#include "base/clock.h"

namespace takt {
namespace {

// Steps between looks at the clock where a slice ends before the solve: a few milliseconds.
constexpr int64_t kChunk = 64;

}  // namespace

SearchStream::SearchStream(const Problem& problem, Blackboard& board,
                           const StreamOptions& options)
    : problem_(problem),
      board_(board),
      options_(options),
      objective_(board.ranking().objective()),
      one_lane_(EliteStream::supports(problem, objective_)) {}

int64_t SearchStream::run(const Budget& budget) {
  int64_t done = 0;
  if (one_lane_ && board_.open(Level::kMakespan)) {
    const bool alone = objective_.back().level == Level::kMakespan;
    done = run_elite(alone ? budget : budget.half(monotonic_now()));
  }
  return done + run_lns({budget.until, budget.steps - std::min(done, budget.steps)});
}

int64_t SearchStream::run_elite(const Budget& budget) {
  if (!elite_) elite_.emplace(problem_, board_, options_.seed);
  return elite_->run(budget);
}

int64_t SearchStream::run_lns(const Budget& budget) {
  const auto over = [&] {
    return board_.stopped() ||
           (budget.until != Nanos::max() && monotonic_now() >= budget.until);
  };
  if (budget.steps == 0 || over()) return 0;
  if (!lns_) {
    lns_.emplace(problem_, board_,
                 LnsOptions{.seed = options_.seed, .handoff = options_.handoff,
                            .exchange = options_.exchange});
    lns_->take(*board_.best());
  }
  const bool sliced = budget.until < board_.deadline();
  int64_t done = 0;
  while (done < budget.steps && !over()) {
    const int64_t asked = std::min(sliced ? kChunk : budget.steps, budget.steps - done);
    const int64_t did = lns_->run(asked);
    done += did;
    if (did < asked) break;
  }
  return done;
}

}  // namespace takt
