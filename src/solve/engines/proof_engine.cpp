#include "solve/engines/proof_engine.h"

#include <algorithm>

#include "base/clock.h"
#include "base/time_text.h"
#include "solve/bounds/level_bounds.h"
#include "solve/bounds/pair_bound.h"
#include "solve/one_lane.h"

namespace takt {
namespace {

// Part of a level's time that CP-SAT may throw away by starting over (1 / kWaste).
constexpr int64_t kWaste = 4;
// Times of proofs are heavy-tailed (mt10x: 0.5 s with one seed, more than 10 s with another): the
// first run gets 1 / kFirstRun of the time, another seed the rest.
constexpr int64_t kFirstRun = 3;
// Building a model cannot be interrupted: beyond so many modes it would take longer than the
// 50 ms within which solve() keeps its limit. Building takes 1.2 us a mode (BM_ExactModel).
constexpr uint32_t kModesMost = 16'000;
// Quick bounds take 5 to 15 us an operation (BM_QuickBounds), and nothing interrupts them.
constexpr Nanos kQuickPerOperation = micros(10);
constexpr Nanos kQuickMost = millis(25);
// What CP-SAT may be late by is taken off its time; less than kLeastRun is not worth a start.
constexpr Nanos kMargin = millis(15), kLeastRun = millis(20);
// Steps of one call of destructive_bound(), which cannot be interrupted either: 15 to 25 ms
// (BM_Destructive).
constexpr int64_t kStepsFirst = 100'000, kStepsMost = 800'000;

bool proves(exact::CpSatOutcome::Status status) {
  return status == exact::CpSatOutcome::Status::kOptimal ||
         status == exact::CpSatOutcome::Status::kNoBetter;
}

}  // namespace

ProofEngine::ProofEngine(SolveContext& context)
    : context_(context), objective_(context.board.ranking().objective()) {}

bool ProofEngine::over(Nanos until) const {
  return context_.board.stopped() || monotonic_now() >= until;
}

bool ProofEngine::fits() const {
  return context_.board.best_score()->overrun == Nanos(0);
}

Nanos ProofEngine::quick_bounds_estimate() const {
  return kQuickPerOperation * context_.problem.size();
}

void ProofEngine::raise_quick_bounds() {
  if (sets_) return;
  sets_.emplace(context_.problem);
  Limits window;
  window.in_window = true;
  const LevelBounds bounds = level_bounds(context_.problem, *sets_, window);
  for (const LevelSpec& spec : objective_)
    context_.board.raise_bound(spec.level, bounds[spec.level]);
}

void ProofEngine::run(Nanos until) {
  if (over(until) || monotonic_now() + 2 * quick_bounds_estimate() > context_.board.deadline())
    return;
  raise_quick_bounds();
  if (!fits()) ask_cpsat(objective_.front().level, until);
  if (fits()) pass(until);
}

// Every open level for an equal share of what is left; then, while CP-SAT has time, again.
void ProofEngine::pass(Nanos until) {
  const auto is_open = [&](const LevelSpec& spec) { return context_.board.open(spec.level); };
  for (size_t i = 0; i < objective_.size() && !over(until); ++i) {
    if (!is_open(objective_[i])) continue;
    const Nanos now = monotonic_now();
    const auto from = objective_.begin() + static_cast<std::ptrdiff_t>(i);
    const auto open_levels = std::count_if(from, objective_.end(), is_open);
    prove(objective_[i].level, now + (until - now) / open_levels);
    if (is_open(objective_[i])) give_up(objective_[i].level);
  }
  while (left_out_.empty() && !over(until - kMargin - kLeastRun)) {
    const auto first = std::find_if(objective_.begin(), objective_.end(), is_open);
    if (first == objective_.end()) return;
    ask_cpsat(first->level, until);
  }
}

void ProofEngine::prove(Level level, Nanos until) {
  const Limits given = context_.board.given_for(level);
  if (level != objective_.front().level && quick_bounds_estimate() <= kQuickMost)
    context_.board.raise_bound(level, level_bounds(context_.problem, *sets_, given)[level], given);
  sharpen(level, until);
  if (context_.board.open(level)) look_at_pairs(level, until);
  if (context_.board.open(level)) ask_cpsat(level, until);
}

void ProofEngine::sharpen(Level level, Nanos until) {
  const Limits given = context_.board.given_for(level);
  for (int64_t budget = kStepsFirst; context_.board.open(level) && !over(until);
       budget = std::min(2 * budget, kStepsMost)) {
    const int64_t low = context_.board.bound(level);
    const int64_t high = (*context_.board.best_score())[level];
    if (low >= high) return;
    int64_t steps = budget;
    const int64_t bound =
        destructive_bound(context_.problem, *sets_, given, level, low, high, steps);
    context_.board.raise_bound(level, bound, given);
    if (steps > 0 || (bound == low && budget == kStepsMost)) return;
  }
}

// One-lane problems have better: their disjunctive filters look at all jobs of a machine at once.
// First what holds for good: of the levels before, those that are settled get no better.
void ProofEngine::look_at_pairs(Level level, Nanos until) {
  if (OneLaneView::supports(context_.problem)) return;
  Blackboard& board = context_.board;
  const Limits given = board.given_for(level);
  Limits for_good = given;
  for (const LevelSpec& spec : objective_)
    if (board.open(spec.level)) for_good[spec.level] = INT64_MAX;
  const auto raise = [&](const Limits& limits, int64_t low) {
    const int64_t high = (*board.best_score())[level];
    if (low >= high) return;
    const auto stopped = [&] { return over(until); };
    board.raise_bound(level, pair_bound(context_.problem, limits, level, low, high, stopped),
                      limits);
  };
  if (for_good.most != given.most) raise(for_good, 0);
  raise(given, board.bound(level));
}

// Where the best schedule is better than what its tolerance allows, levels below may have the
// difference from now on.
void ProofEngine::give_up(Level level) {
  const auto spec = std::find_if(objective_.begin(), objective_.end(),
                                 [&](const LevelSpec& each) { return each.level == level; });
  const int64_t value = (*context_.board.best_score())[level];
  if (spec + 1 == objective_.end() || spec->allowed(value) == value) return;
  context_.board.set_enough(level, spec->allowed(value));
}

void ProofEngine::ask_cpsat(Level level, Nanos until) {
  if (!opened_) {
    opened_ = true;
    if (context_.problem.mode_slots() > kModesMost) {
      left_out_ = "too large a model: " + std::to_string(context_.problem.mode_slots()) +
                  " modes, " + std::to_string(kModesMost) + " at most";
    } else {
      Result<exact::CpSatLibrary> library =
          exact::CpSatLibrary::open(context_.options.cpsat_library);
      if (library) library_ = *library;
      else left_out_ = library.error().message;
    }
  }
  until = std::min(until, context_.board.deadline() - kMargin);
  Nanos waste_left = (until - monotonic_now()) / kWaste;
  bool again = true, restarted = false;
  while (again && left_out_.empty() && !over(until - kLeastRun)) {
    const Nanos begun = monotonic_now();
    const Nanos run_until = restarted ? until : begun + (until - begun) / kFirstRun;
    again = ask_once(level, run_until, waste_left);
    if (!restarted && monotonic_now() >= run_until - kMargin) again = restarted = true;
    waste_left -= monotonic_now() - begun;
  }
}

// True: there is more to ask about this level.
bool ProofEngine::ask_once(Level level, Nanos until, Nanos waste_left) {
  Blackboard& board = context_.board;
  const uint64_t version = board.version();
  const auto [schedule, score] = *board.best_with_score();
  const bool fits = score.overrun == Nanos(0);
  Limits given;
  if (fits) given = board.given_for(level);
  exact::CpSatRequest request;
  request.question.level = level;
  for (const Level each : kLevels)
    if (given[each] != INT64_MAX) request.question.caps.push_back({each, given[each]});
  request.question.lower = board.bound(level);
  if (fits) request.question.upper = score[level];
  if (request.question.lower >= request.question.upper) return false;
  // The schedule itself is not below `upper`. On one-lane problems, where the search finds what
  // there is to find, a hint of it only leads proofs astray (mt10cc: 2.2 s with it, 0.5 s without).
  if (!OneLaneView::supports(context_.problem)) request.question.hint = schedule;
  request.seed = context_.options.seed + static_cast<uint64_t>(questions_);
  std::stop_source stop;
  {
    const std::lock_guard lock(mutex_);
    run_ = Run{level, request.question.lower, request.question.upper, score, monotonic_now(),
               waste_left, stop};
  }
  if (board.version() != version) improved(*board.best_score());
  const std::stop_callback on_stop(board.stop_token(), [&] { stop.request_stop(); });
  request.stop = stop.get_token();
  request.time_limit = until - monotonic_now();
  const exact::CpSatOutcome outcome = exact::run_cpsat(*library_, context_.problem, request);
  {
    const std::lock_guard lock(mutex_);
    run_.reset();
  }
  take(request.question, given, outcome);
  return !nothing_fits_ && board.open(level) && (stop.stop_requested() || proves(outcome.status));
}

void ProofEngine::take(const exact::CpQuestion& question, const Limits& given,
                       const exact::CpSatOutcome& outcome) {
  using Ended = exact::CpSatOutcome::Status;
  ++questions_;
  if (outcome.status == Ended::kError) {
    left_out_ = outcome.error;
    return;
  }
  if (outcome.schedule) {
    ++schedules_;
    context_.board.offer(*outcome.schedule, score_of(context_.problem, *outcome.schedule),
                         "cp-sat");
  }
  if (outcome.status == Ended::kNoBetter && question.upper == INT64_MAX) {
    nothing_fits_ = true;
    return;
  }
  proofs_ += proves(outcome.status);
  context_.board.raise_bound(question.level, outcome.bound, given);
}

void ProofEngine::improved(const Score& score) {
  const std::lock_guard lock(mutex_);
  if (!run_) return;
  bool better = score[run_->level] < run_->upper;
  for (const LevelSpec& spec : objective_) {
    if (spec.level == run_->level) break;
    better |= score[spec.level] != run_->from[spec.level];
  }
  const bool answered = score.overrun == Nanos(0) &&
                        (score[run_->level] <= run_->lower || run_->from.overrun > Nanos(0));
  if (answered || (better && monotonic_now() - run_->begun <= run_->waste_left))
    run_->stop.request_stop();
}

std::string ProofEngine::exact_summary() const {
  if (questions_ == 0) return left_out_.empty() ? "was not asked" : "stayed out: " + left_out_;
  std::string text = "CP-SAT was asked " + std::to_string(questions_) + " times, gave " +
                     std::to_string(proofs_) + " proofs and " + std::to_string(schedules_) +
                     " schedules";
  if (nothing_fits_) text += "; it proved that nothing fits the window";
  if (!left_out_.empty()) text += "; it stopped: " + left_out_;
  return text;
}

}  // namespace takt
