#include "solve/lns.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace takt {
namespace {

constexpr size_t kElites = 6;
constexpr size_t kHistory = 100;             // of late acceptance; 30 and 400 were no better
// Steps without progress that end a round.
constexpr int64_t kFirstPatience = 1000;
int64_t last_patience(const Problem& problem) { return 5000 + 20 * int64_t{problem.size()}; }
// How many operations a step takes out: up to one of these.
constexpr size_t kSizes[] = {6, 15, 40, 100};
constexpr uint64_t kKicks = 8;
constexpr double kFresh = 0.15;              // share of rounds from a new construction
constexpr int64_t kLookEvery = 256;          // steps between looks at the blackboard

std::vector<std::pair<Order, int>> constructions(const Problem& problem) {
  int widest = 1;
  for (uint32_t op = 0; op < problem.size(); ++op)
    for (const FlatMode& mode : problem.modes(op)) widest = std::max(widest, mode.lanes);
  std::vector<int> rules;
  for (int rule = -1; rule >= -choice::kRules; --rule) rules.push_back(rule);
  for (int width = 1; width <= widest; width *= 2) rules.push_back(choice::at_width(width));
  std::vector<std::pair<Order, int>> all;
  for (const int rule : rules)
    for (const Order order : {Order{JobOrder::kCriticalDeadline, OpRank::kLeastTail},
                              Order{JobOrder::kSlack, OpRank::kLeastTail},
                              Order{JobOrder::kLatestStart, OpRank::kMeanTail},
                              Order{JobOrder::kCriticalRelease, OpRank::kOptimistic}})
      all.emplace_back(order, rule);
  return all;
}

}  // namespace

Lns::Lns(const Problem& problem, Blackboard& board, const LnsOptions& options)
    : problem_(problem),
      board_(board),
      options_(options),
      ranking_(board.ranking()),
      rng_(options.seed * 0x9e3779b97f4a7c15ull + 1),
      rank_(keys_of(problem, {})),
      plan_(problem, options.handoff),
      keeper_(problem),
      repair_(plan_, rank_),
      selection_(plan_, keeper_, rng_),
      operator_choice_(0),
      size_choice_(std::size(kSizes)) {
  for (auto& one : neighbourhoods(problem, ranking_.objective())) {
    const char* name = one->name();
    operators_.push_back({std::move(one), {name, 0, 0, 0}});
  }
  operator_choice_ = AdaptiveChoice(operators_.size());
  patience_ = kFirstPatience;
  if (!options.construct) return;
  to_construct_ = constructions(problem);
  builder_ = std::make_unique<Builder>(problem, options.handoff);
}

int64_t Lns::run(int64_t steps) {
  board_version_ = ~uint64_t{0};
  look_at_board();
  int64_t done = 0;
  const bool movable = problem_.instance().commitments.size() < problem_.size();
  for (; done < steps && !board_.stopped(); ++done) {
    if (!to_construct_.empty()) {
      construct_next();
      continue;
    }
    if (!movable || elites_.empty()) break;
    if (options_.exchange && round_step_ % kLookEvery == 0) look_at_board();
    if (!in_round_) begin_round();
    step();
    if (++fruitless_ > patience_) end_round();
  }
  return done;
}

void Lns::construct_next() {
  // From the front: the first rules are the most likely to be good.
  const auto [order, rule] = to_construct_.front();
  to_construct_.erase(to_construct_.begin());
  Guide guide{keys_of(problem_, order), std::vector<int>(problem_.size(), rule)};
  Schedule schedule;
  builder_->build(guide, schedule);
  const Score score = score_of(problem_, schedule);
  add_elite(schedule, score);
  publish(schedule, score);
}

// A rule for every task, orders with noise.
void Lns::construct_at_random(Schedule& out) {
  constexpr JobOrder kJobs[] = {JobOrder::kCriticalDeadline, JobOrder::kSlack,
                                JobOrder::kLatestStart, JobOrder::kCriticalRelease};
  constexpr OpRank kRanks[] = {OpRank::kLeastTail, OpRank::kMeanTail, OpRank::kWork};
  const Instance& instance = problem_.instance();
  Guide guide;
  guide.key = keys_of(problem_, {kJobs[rng_.below(std::size(kJobs))],
                                 kRanks[rng_.below(std::size(kRanks))]});
  add_noise(guide.key, 0.1 * rng_.unit(), rng_);
  std::vector<int> rule(instance.tasks.size());
  for (int& each : rule) each = -1 - static_cast<int>(rng_.below(choice::kRules));
  for (uint32_t op = 0; op < problem_.size(); ++op)
    guide.choice.push_back(rule[instance.jobs[problem_.job_of(op)].task.value()]);
  builder_->build(guide, out);
}

void Lns::take(const Schedule& schedule) { add_elite(schedule, score_of(problem_, schedule)); }

void Lns::add_elite(const Schedule& schedule, const Score& score) {
  for (const Elite& elite : elites_)
    if (elite.score == score) return;
  elites_.push_back({schedule, score, 0});
  sort_elites();
  if (elites_.size() > kElites) elites_.pop_back();
}

void Lns::sort_elites() {
  std::stable_sort(elites_.begin(), elites_.end(), [&](const Elite& a, const Elite& b) {
    return ranking_.better(a.score, b.score);
  });
}

bool Lns::publish(const Schedule& schedule, const Score& score) {
  if (any_published_ && !ranking_.better(score, published_)) return false;
  any_published_ = true;
  published_ = score;
  board_.offer(schedule, score, "lns");
  return true;
}

// Settled levels change what is better; schedules of others are worth a round when they are.
void Lns::look_at_board() {
  const Ranking ranking = board_.ranking();
  bool changed = false;
  for (const Level level : kLevels) changed |= ranking.enough(level) != ranking_.enough(level);
  if (changed && in_round_) end_round();
  ranking_ = ranking;
  if (changed) {
    sort_elites();
    for (Elite& elite : elites_) elite.rounds = 0;
    patience_ = kFirstPatience;
  }
  if (board_.version() == board_version_) return;
  board_version_ = board_.version();
  const auto best = board_.best_with_score();
  if (!best) return;
  const bool better = elites_.empty() || ranking_.better(best->second, elites_.front().score);
  if (better && (!in_round_ || ranking_.better(best->second, round_best_.score))) {
    add_elite(best->first, best->second);
    in_round_ = false;
  }
}

void Lns::begin_round() {
  // Each elite once; then mostly the best, kicked, and now and then something new.
  size_t from = 0;
  while (from < elites_.size() && elites_[from].rounds > 0) ++from;
  if (from < elites_.size()) return start_from(elites_[from]);
  patience_ = std::min(patience_ * 3 / 2, last_patience(problem_));
  if (builder_ && rng_.unit() < kFresh) {
    Elite fresh;
    construct_at_random(fresh.schedule);
    fresh.score = score_of(problem_, fresh.schedule);
    return start_from(fresh);
  }
  const double u = rng_.unit();
  start_from(elites_[static_cast<size_t>(u * u * static_cast<double>(elites_.size()))]);
  kicks_ = static_cast<int>(rng_.below(kKicks));
}

void Lns::start_from(Elite& elite) {
  ++elite.rounds;
  round_from_ = elite.score;
  plan_.load(elite.schedule);
  keeper_.reset(plan_);
  now_ = Guided::of(keeper_);
  round_best_ = now_;
  round_schedule_ = plan_.schedule();
  publish(round_schedule_, round_best_.score);
  history_.assign(kHistory, now_);
  guided_ = rng_.below(2) == 0;
  fruitless_ = kicks_ = 0;
  in_round_ = true;
}

// The elite the round started from becomes what it led to.
void Lns::end_round() {
  in_round_ = false;
  if (!ranking_.better(round_best_.score, round_from_)) return;
  std::erase_if(elites_, [&](const Elite& elite) { return elite.score == round_from_; });
  add_elite(round_schedule_, round_best_.score);
  for (Elite& elite : elites_)
    if (elite.score == round_best_.score) elite.rounds = std::max<int64_t>(elite.rounds, 1);
}

// Makes the change; false when there is none.
bool Lns::try_selection() {
  if (selection_.empty()) return false;
  selection_.draw_noise();
  plan_.begin(8 * selection_.ops.size() + 400);
  if (repair_.run(selection_.ops, selection_.floors, selection_.policy, rng_)) return true;
  plan_.undo();
  return false;
}

void Lns::step() {
  ++round_step_;
  selection_.clear();
  selection_.preset_policy();
  const size_t size = size_choice_.choose(rng_), which = operator_choice_.choose(rng_);
  const size_t most = std::min<size_t>(kSizes[size], std::max(4u, problem_.size() / 2));
  selection_.size = 2 + rng_.below(most - 1);
  Operator& used = operators_[which];
  ++used.stats.steps;
  used.neighbourhood->select(selection_, ranking_);
  const int64_t improved = now_advanced_, best = best_advanced_;
  effort_ = 0;
  if (try_selection()) used.stats.accepted += judge();
  const double gain = static_cast<double>(now_advanced_ - improved) +
                      3 * static_cast<double>(best_advanced_ - best);
  used.stats.improved += best_advanced_ - best;
  const double effort = 10 + static_cast<double>(selection_.ops.size() + effort_);
  operator_choice_.learn(which, gain, effort);
  size_choice_.learn(size, gain, effort);
}

bool Lns::judge() {
  keeper_.update(plan_);
  effort_ = plan_.touched().size();
  const Guided found = Guided::of(keeper_);
  Guided& old = history_[static_cast<size_t>(round_step_) % kHistory];
  const auto against_now = compare(ranking_, guided_, found, now_);
  const bool kicked = kicks_ > 0;
  const bool taken = kicked || against_now <= 0 || compare(ranking_, guided_, found, old) <= 0;
  if (taken) {
    now_advanced_ += progress(ranking_, found, now_);
    now_ = found;
    if (compare(ranking_, guided_, found, round_best_) < 0) {
      if (progress(ranking_, found, round_best_)) {
        ++best_advanced_;
        fruitless_ = 0;
      }
      round_best_ = found;
      round_schedule_ = plan_.schedule();
    }
    publish(plan_.schedule(), found.score);
  } else {
    plan_.undo();
    keeper_.undo();
  }
  if (kicked && --kicks_ == 0) history_.assign(kHistory, now_);
  else if (compare(ranking_, guided_, now_, old) < 0) old = now_;
  return taken;
}

std::vector<LnsStats> Lns::stats() const {
  std::vector<LnsStats> all;
  for (const Operator& each : operators_) all.push_back(each.stats);
  return all;
}

}  // namespace takt
