#include "solve/engines/step_streams.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "solve/engines/search_stream.h"

namespace takt {
namespace {

constexpr int64_t kStreamsMost = 4;
// Fewer steps than this are better spent in one place.
constexpr int64_t kStepsLeast = 10'000;

struct Found {
  Schedule schedule;
  Score score;
  Ranking ranking;
};

// What a level may give way by, after its part of the steps: as the proof engine does by time.
void give_way(Blackboard& board, const LevelSpec& spec) {
  const int64_t value = (*board.best_score())[spec.level];
  board.set_enough(spec.level, std::max(board.ranking().enough(spec.level), spec.allowed(value)));
}

Found run_stream(SolveContext& context, uint64_t stream, int64_t steps) {
  const Objective objective = context.board.ranking().objective();
  Blackboard board(context.problem, Ranking(objective), Nanos::max());
  const std::stop_callback on_cancel(context.options.cancel, [&] { board.request_stop(); });
  if (context.options.use_whole_budget) board.go_on_when_settled();
  for (const LevelSpec& spec : objective)
    board.raise_bound(spec.level, context.board.bound(spec.level));
  const auto first = context.board.best_with_score();
  board.offer(first->first, first->second, "first");
  SearchStream search(context.problem, board,
                      {.seed = context.options.seed + stream * 0x9e3779b97f4a7c15ull,
                       .handoff = context.options.handoff});
  std::vector<LevelSpec> tolerant;
  for (size_t i = 0; i + 1 < objective.size(); ++i)
    if (objective[i].allowed(1'000'000) > 1'000'000) tolerant.push_back(objective[i]);
  const auto parts = static_cast<int64_t>(tolerant.size()) + 1;
  for (const LevelSpec& spec : tolerant) {
    context.steps += search.run({.steps = steps / parts});
    give_way(board, spec);
  }
  context.steps += search.run({.steps = steps - steps / parts * (parts - 1)});
  auto [schedule, score] = *board.best_with_score();
  return {std::move(schedule), score, board.ranking()};
}

}  // namespace

void run_step_streams(SolveContext& context) {
  const int64_t steps = context.options.steps;
  const auto streams = static_cast<uint64_t>(
      std::clamp<int64_t>(steps / kStepsLeast, 1, kStreamsMost));
  const Objective objective = context.board.ranking().objective();
  std::vector<Found> found(streams, Found{{}, {}, Ranking(objective)});
  std::atomic<uint64_t> next{0};
  const auto work = [&] {
    for (uint64_t s = next++; s < streams; s = next++)
      found[s] = run_stream(context, s, steps / static_cast<int64_t>(streams));
  };
  {
    std::vector<std::jthread> threads;
    for (int t = 1; t < std::min(context.options.threads, static_cast<int>(streams)); ++t)
      threads.emplace_back(work);
    work();
  }
  // A level may be as bad as the stream that did best on it allows.
  for (const LevelSpec& spec : objective) {
    int64_t enough = INT64_MAX;
    for (const Found& each : found) enough = std::min(enough, each.ranking.enough(spec.level));
    context.board.set_enough(spec.level, enough);
  }
  for (const Found& each : found) context.board.offer(each.schedule, each.score, "streams");
}

}  // namespace takt
