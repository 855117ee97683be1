#include "solve/engines/elite_stream.h"

#include <algorithm>

#include "base/clock.h"

namespace takt {

bool EliteStream::supports(const Problem& problem, const Objective& objective) {
  if (!OneLaneView::supports(problem)) return false;
  const Objective telling = default_objective(problem.instance());
  for (const LevelSpec& spec : objective) {
    if (spec.level == Level::kMakespan) return true;
    const bool always = spec.level == Level::kActiveLanes || spec.level == Level::kBusy;
    const bool tells = std::any_of(telling.begin(), telling.end(), [&](const LevelSpec& other) {
      return other.level == spec.level;
    });
    if (always || tells) return false;
  }
  return false;
}

EliteStream::EliteStream(const Problem& problem, Blackboard& board, uint64_t seed)
    : board_(board),
      view_(problem),
      search_(view_, seed),
      graph_(view_) {
  graph_.load(*board.best());
  start_ = graph_.sequencing();
}

int64_t EliteStream::run(const Budget& budget) {
  const int64_t before = search_.steps();
  int64_t rounds = 0;
  const auto used = [&] { return search_.steps() - before + rounds; };
  const auto over = [&] {
    offer();
    return used() >= budget.steps || board_.stopped() ||
           (budget.until != Nanos::max() && monotonic_now() >= budget.until);
  };
  while (!over() && board_.open(Level::kMakespan)) {
    search_.round(start_, board_.bound(Level::kMakespan), over);
    ++rounds;
  }
  offer();
  return used();
}

// Also while a round runs, some hundred steps after an improvement at most: a first round may
// take a second.
void EliteStream::offer() {
  if (search_.best_makespan() >= offered_) return;
  offered_ = search_.best_makespan();
  graph_.load(search_.best());
  const Schedule schedule = graph_.schedule();
  board_.offer(schedule, score_of(view_.problem(), schedule), "tabu");
}

}  // namespace takt
