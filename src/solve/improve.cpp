// The local search of search(): see incumbent.h.
#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "base/rng.h"
#include "solve/critical_chain.h"
#include "solve/incumbent.h"
#include "solve/orders.h"

namespace takt {
namespace {

constexpr size_t kHistory = 16;     // scores a candidate may be as bad as, this many steps back
constexpr int kMovesMost = 3;       // moves per candidate: 1 mostly, more now and then
constexpr int64_t kPatience = 150;  // steps without a better schedule before a restart,
constexpr int64_t kPatiencePerOp = 10;  // and more for every operation

// Priorities in order of start and modes as they are: building it again gives the
// schedule back, or a better one.
Guide guide_of(const Problem& problem, const Schedule& schedule) {
  std::vector<uint32_t> order(problem.topological().begin(), problem.topological().end());
  std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    return schedule.start[a] < schedule.start[b];
  });
  Guide guide;
  guide.key.resize(problem.size());
  for (size_t i = 0; i < order.size(); ++i)
    guide.key[order[i]] = kKeySpacing * static_cast<int64_t>(i);
  guide.choice.assign(schedule.mode.begin(), schedule.mode.end());
  return guide;
}

class Climber {
 public:
  explicit Climber(Incumbent& incumbent)
      : incumbent_(incumbent), problem_(incumbent.problem()), rng_(incumbent.options().seed) {}

  void run();

 private:
  void adopt(const Schedule& schedule, const Guide& guide, const ListScore& score);
  uint32_t focus();
  void move(Guide& guide);
  void change_mode(uint32_t op, Guide& guide);
  void pull_before(uint32_t op, uint32_t other, Guide& guide);
  void pull_job_before(uint32_t job, uint32_t other, Guide& guide);
  void restart();

  Incumbent& incumbent_;
  const Problem& problem_;
  Rng rng_;
  bool in_order_of_start_ = true;
  Schedule current_;
  ListScore current_score_;
  Guide guide_;
  Schedule candidate_;
  std::array<ListScore, kHistory> history_;
  std::vector<uint32_t> worst_;       // operations worth looking behind, see adopt()
};

// The next moves start from here: from priorities in order of start, which say all about
// one job, or from the priorities that were given, which keep lanes for critical jobs.
// Focus on the last operations of late jobs, or when there are none on the operation
// that ends last and the last ones of every job with a deadline.
void Climber::adopt(const Schedule& schedule, const Guide& guide, const ListScore& score) {
  current_ = schedule;
  current_score_ = score;
  guide_ = in_order_of_start_ ? guide_of(problem_, schedule) : guide;
  const Instance& instance = problem_.instance();
  std::vector<uint32_t> last(instance.jobs.size(), problem_.size());
  uint32_t last_of_all = 0;
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    const Nanos end = current_.end(problem_, op);
    if (end > current_.end(problem_, last_of_all)) last_of_all = op;
    uint32_t& latest = last[problem_.job_of(op)];
    if (!problem_.is_submit(op) &&
        (latest == problem_.size() || end > current_.end(problem_, latest)))
      latest = op;
  }
  worst_.clear();
  Criticality most = Criticality::kBestEffort;
  for (size_t j = 0; j < last.size(); ++j) {
    const Job& job = instance.jobs[j];
    if (last[j] == problem_.size() || current_.end(problem_, last[j]) <= job.deadline) continue;
    const Criticality criticality = instance.tasks[job.task.value()].criticality;
    if (criticality < most) worst_.clear();
    most = std::min(most, criticality);
    if (criticality == most) worst_.push_back(last[j]);
  }
  worst_.push_back(last_of_all);
}

uint32_t Climber::focus() { return worst_[rng_.below(worst_.size())]; }

void Climber::change_mode(uint32_t op, Guide& guide) {
  const size_t modes = problem_.modes(op).size();
  if (modes == 1) return;
  const int before = guide.choice[op];
  // One of its modes, or now and then a rule.
  int after = static_cast<int>(rng_.below(modes + 1));
  if (after == before) after = (after + 1) % static_cast<int>(modes);
  if (after == static_cast<int>(modes))
    after = -1 - static_cast<int>(rng_.below(choice::kRules));
  guide.choice[op] = after;
}

// Puts `op` before `other` in priority, and what it needs before it.
void Climber::pull_before(uint32_t op, uint32_t other, Guide& guide) {
  const int64_t key = guide.key[other] - 1;
  std::vector<uint32_t> open{op};
  while (!open.empty()) {
    const uint32_t next = open.back();
    open.pop_back();
    if (guide.key[next] <= key) continue;
    guide.key[next] = key;
    for (const Arc& arc : problem_.preds(next)) open.push_back(arc.op);
  }
}

// The same for all operations of `job`, in their own order, before the first of `other`.
void Climber::pull_job_before(uint32_t job, uint32_t other, Guide& guide) {
  const auto& jobs = problem_.instance().jobs;
  int64_t first = INT64_MAX, last = INT64_MIN;
  for (uint32_t op = jobs[other].first_op; op < jobs[other].first_op + jobs[other].op_count; ++op)
    first = std::min(first, guide.key[op]);
  const uint32_t end = jobs[job].first_op + jobs[job].op_count;
  for (uint32_t op = jobs[job].first_op; op < end; ++op) last = std::max(last, guide.key[op]);
  if (last < first) return;
  for (uint32_t op = jobs[job].first_op; op < end; ++op) guide.key[op] += first - 1 - last;
}

void Climber::move(Guide& guide) {
  const uint64_t kind = rng_.below(10);
  if (kind == 0) {
    change_mode(static_cast<uint32_t>(rng_.below(problem_.size())), guide);
    return;
  }
  if (kind == 1) {
    const auto a = static_cast<uint32_t>(rng_.below(problem_.size()));
    const auto b = static_cast<uint32_t>(rng_.below(problem_.size()));
    if (guide.key[a] > guide.key[b]) pull_before(a, b, guide);
    return;
  }
  const std::vector<ChainLink> chain = ChainFinder(problem_, current_).chain_of(focus());
  std::vector<ChainLink> blocked;
  for (const ChainLink& link : chain)
    if (link.waits == ChainLink::Waits::kLane) blocked.push_back(link);
  if (kind < 6 && !blocked.empty()) {
    const ChainLink& link = blocked[rng_.below(blocked.size())];
    const uint32_t job = problem_.job_of(link.op), other = problem_.job_of(link.on);
    if (job != other && kind == 5) return pull_job_before(job, other, guide);
    pull_before(link.op, link.on, guide);
    if (kind < 3) change_mode(link.on, guide);
  } else {
    change_mode(chain[rng_.below(chain.size())].op, guide);
  }
}

// From the best schedule with priorities shaken and some modes changed.
void Climber::restart() {
  if (problem_.instance().jobs.size() > 1) in_order_of_start_ = !in_order_of_start_;
  Guide guide =
      in_order_of_start_ ? guide_of(problem_, incumbent_.schedule()) : incumbent_.guide();
  const auto n = static_cast<int64_t>(problem_.size());
  const int64_t reach = kKeySpacing * rng_.between(1, std::max<int64_t>(n / 3, 2));
  const auto one_in = static_cast<uint64_t>(rng_.between(4, 12));
  for (uint32_t op = 0; op < problem_.size(); ++op) {
    guide.key[op] += rng_.between(-reach, reach);
    if (rng_.below(one_in) == 0) change_mode(op, guide);
  }
  const ListScore score = incumbent_.try_guide(guide, candidate_);
  adopt(candidate_, guide, score);
  history_.fill(current_score_);
}

void Climber::run() {
  if (incumbent_.exhausted() || incumbent_.proven()) return;
  in_order_of_start_ = problem_.instance().jobs.size() == 1;
  adopt(incumbent_.schedule(), incumbent_.guide(), incumbent_.score());
  history_.fill(current_score_);
  const int64_t patience = kPatience + kPatiencePerOp * static_cast<int64_t>(problem_.size());
  ListScore round_best = current_score_;
  int64_t without = 0;
  Guide guide;
  for (uint64_t step = 0; !incumbent_.exhausted() && !incumbent_.proven(); ++step) {
    if (++without > patience) {
      restart();
      round_best = current_score_;
      without = 0;
      continue;
    }
    guide = guide_;
    const uint64_t moves = rng_.below(4) == 0 ? 1 + rng_.below(kMovesMost) : 1;
    for (uint64_t i = 0; i < moves; ++i) move(guide);
    const ListScore score = incumbent_.try_guide(guide, candidate_);
    if (score < round_best) {
      round_best = score;
      without = 0;
    }
    ListScore& past = history_[step % kHistory];
    if (score <= current_score_ || score <= past) adopt(candidate_, guide, score);
    past = std::min(past, current_score_);
  }
}

}  // namespace

void improve(Incumbent& incumbent) { Climber(incumbent).run(); }

}  // namespace takt
