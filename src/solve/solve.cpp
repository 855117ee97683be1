#include "solve/solve.h"

#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <tuple>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "solve/builder.h"
#include "solve/engines/proof_engine.h"
#include "solve/engines/search_stream.h"
#include "solve/engines/solve_context.h"
#include "solve/engines/step_streams.h"
#include "solve/home_lanes.h"
#include "solve/orders.h"

namespace takt {
namespace {

// One thread's time: search, proof, search. A proof needs a good schedule to begin with: the
// search goes first for at most kSearchFirstPct, less when it has found nothing for two thirds of
// its time; the proof has kProofPct; what is left of either goes to the search.
constexpr int64_t kSearchFirstPct = 40, kProofPct = 40;
// Of several threads one proves for this part of the time. What CP-SAT proves at all with a good
// bound from the search it proves early; the
// rest of the thread's time is worth more to the search.
constexpr int64_t kTogetherProofPct = 60;

// Operations placed per operation of the instance, in search of home lanes: WATERS 2019 with mean
// times (8415 of them) has found them after 20, and gives up after 4 with the longest.
constexpr int64_t kHomeSteps = 60;

// A plan that is late so far may be in time with a lane for every task.
void construct_at_home(SolveContext& context) {
  const auto score = context.board.best_score();
  if ((*score)[Level::kHardMisses] + (*score)[Level::kFirmMisses] == 0 || context.board.stopped())
    return;
  const auto found = on_home_lanes(context.problem, context.options.handoff,
                                   kHomeSteps * context.problem.size());
  if (found)
    context.board.offer(*found, score_of(context.problem, *found), "home lanes");
}

// The first plan comes from the first rule alone; the others may be cut short.
void construct(SolveContext& context) {
  Builder builder(context.problem, context.options.handoff);
  Schedule schedule;
  Guide guide;
  guide.key = keys_of(context.problem, {});
  for (const int rule : {choice::kEarliest, choice::kFrugal, choice::kNarrow, choice::kThrifty,
                         choice::kFastest}) {
    if (context.board.version() > 0 && context.board.stopped()) return;
    guide.choice.assign(context.problem.size(), rule);
    builder.build(guide, schedule);
    context.board.offer(schedule, score_of(context.problem, schedule), "construction");
  }
  construct_at_home(context);
}

void search(SolveContext& context, SearchStream& stream, Nanos until) {
  context.steps += stream.run({.until = until});
}

SearchStream stream_of(SolveContext& context, int stream) {
  return {context.problem, context.board,
          {.seed = context.options.seed + static_cast<uint64_t>(stream) * 0x9e3779b97f4a7c15ull,
           .handoff = context.options.handoff,
           .exchange = true}};
}

void search_first(SolveContext& context, SearchStream& stream, Nanos until) {
  const Nanos begin = context.board.started();
  Nanos slice = (until - begin) / 32;
  while (!context.board.stopped() && monotonic_now() < until) {
    search(context, stream, std::min(until, monotonic_now() + slice));
    if (monotonic_now() - begin > context.board.best_at() * 3) return;
    slice = slice * 2;
  }
}

// The calling thread takes turns; see kSearchFirstPct.
void run_alone(SolveContext& context, ProofEngine& proof) {
  const Nanos now = monotonic_now(), deadline = context.board.deadline();
  if (proof.quick_bounds_estimate() <= (deadline - now) / 20) proof.raise_quick_bounds();
  SearchStream stream = stream_of(context, 0);
  search_first(context, stream, now + (deadline - now) / 100 * kSearchFirstPct);
  proof.run(std::min(deadline, monotonic_now() + (deadline - now) / 100 * kProofPct));
  search(context, stream, deadline);
}

// The calling thread proves, the others search; when there is nothing left to prove by its
// means, or kTogetherProofPct have passed, it searches as well: from the best schedule.
void run_together(SolveContext& context, ProofEngine& proof) {
  std::vector<std::jthread> threads;
  for (int t = 0; t + 1 < context.options.threads; ++t)
    threads.emplace_back([&context, t] {
      SearchStream stream = stream_of(context, t);
      search(context, stream, context.board.deadline());
    });
  const Nanos now = monotonic_now(), deadline = context.board.deadline();
  proof.run(deadline == Nanos::max() ? deadline
                                     : now + (deadline - now) / 100 * kTogetherProofPct);
  SearchStream stream = stream_of(context, context.options.threads);
  search(context, stream, context.board.deadline());
}

size_t peak_memory_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<size_t>(usage.ru_maxrss) * 1024;
}

ObjectiveLevel level_of(const SolveContext& context, const Score& score, Level level) {
  using Proof = ObjectiveLevel::Proof;
  ObjectiveLevel out{std::string(name_of(level)), score[level], context.board.bound(level),
                     Proof::kGap};
  const bool fits = score.overrun == Nanos(0);
  // What overruns the window may be below what no plan can be below.
  if (!fits) out.bound = std::min(out.bound, out.value);
  CHECK_MSG(out.bound <= out.value, out.name.c_str());
  if (fits && out.bound == out.value) out.proof = Proof::kOptimal;
  else if (!fits || out.bound == 0) out.proof = Proof::kLimit;
  return out;
}

SolveResult result_of(const SolveContext& context) {
  SolveResult result;
  std::tie(result.schedule, result.score) = *context.board.best_with_score();
  const Ranking ranking = context.board.ranking();
  for (const LevelSpec& spec : ranking.objective())
    result.levels.push_back(level_of(context, result.score, spec.level));
  result.first_at = context.board.first_at();
  result.best_at = context.board.best_at();
  result.steps = context.steps;
  result.memory_bytes = peak_memory_bytes();
  return result;
}

}  // namespace

SolveResult solve(const Problem& problem, const SolveOptions& options) {
  const Nanos begin = monotonic_now();
  const bool by_steps = options.steps > 0;
  const Objective objective =
      options.objective.empty() ? default_objective(problem.instance()) : options.objective;
  ProofEngine* proving = nullptr;
  const auto improved = [&](const Improvement& improvement, const Schedule& schedule) {
    if (options.on_improvement) options.on_improvement(improvement, schedule);
    if (proving) proving->improved(improvement.score);
  };
  Blackboard board(problem, Ranking(objective),
                   by_steps || options.time_limit == Nanos::max() ? Nanos::max()
                                                                  : begin + options.time_limit,
                   improved, options.on_bound);
  const std::stop_callback on_cancel(options.cancel, [&] { board.request_stop(); });
  if (options.use_whole_budget) board.go_on_when_settled();
  SolveContext context{problem, options, board};
  if (options.hint) board.offer(*options.hint, score_of(problem, *options.hint), "hint");
  construct(context);
  ProofEngine proof(context);
  if (by_steps) {
    proof.raise_quick_bounds();
    if (!board.stopped()) run_step_streams(context);
  } else {
    proving = &proof;
    options.threads < 2 ? run_alone(context, proof) : run_together(context, proof);
    proving = nullptr;
  }
  SolveResult result = result_of(context);
  result.exact = by_steps ? "stayed out: its work is not counted in steps" : proof.exact_summary();
  result.total = monotonic_now() - begin;
  return result;
}

}  // namespace takt
