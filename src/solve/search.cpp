#include "solve/search.h"

#include <algorithm>
#include <vector>

#include "solve/incumbent.h"
#include "solve/orders.h"

namespace takt {
namespace {

constexpr int kEveryRule[] = {choice::kEarliest, choice::kFrugal, choice::kNarrow,
                              choice::kThrifty, choice::kFastest};

// Most promising first: a small budget stops early. Jobs without deadlines or rivals
// make the job orders all the same.
std::vector<Order> orders_for(const Problem& problem) {
  std::vector<Order> orders;
  const bool many = problem.instance().jobs.size() > 1;
  if (!many)
    return {{JobOrder::kCriticalDeadline, OpRank::kLeastTail},
            {JobOrder::kCriticalDeadline, OpRank::kNarrowTail},
            {JobOrder::kCriticalDeadline, OpRank::kWork},
            {JobOrder::kCriticalDeadline, OpRank::kProgram}};
  for (const JobOrder jobs : {JobOrder::kCriticalDeadline, JobOrder::kDeadline, JobOrder::kSlack,
                              JobOrder::kCriticalPriority, JobOrder::kCriticalRelease})
    orders.push_back({jobs, OpRank::kLeastTail});
  orders.push_back({JobOrder::kCriticalDeadline, OpRank::kProgram});
  orders.push_back({JobOrder::kDeadline, OpRank::kNarrowTail});
  return orders;
}

void try_every_rule(Incumbent& incumbent) {
  const Problem& problem = incumbent.problem();
  Schedule scratch;
  Guide guide;
  for (const Order order : orders_for(problem)) {
    guide.key = keys_of(problem, order);
    for (const int rule : kEveryRule) {
      // Of several jobs another rule may leave more slack even when no level can improve.
      if (incumbent.exhausted()) return;
      if (incumbent.proven() && problem.instance().jobs.size() == 1) return;
      guide.choice.assign(problem.size(), rule);
      incumbent.try_guide(guide, scratch);
    }
  }
}

// One rule per task instead of one for all: a high-rate task kept narrow leaves the
// other lanes whole for long operations.
void try_rules_per_task(Incumbent& incumbent) {
  const Problem& problem = incumbent.problem();
  const Instance& instance = problem.instance();
  if (instance.tasks.size() < 2) return;
  Schedule scratch;
  for (bool better = true; better;) {
    better = false;
    for (uint32_t task = 0; task < instance.tasks.size(); ++task)
      for (const int rule : kEveryRule) {
        if (incumbent.exhausted() || incumbent.proven()) return;
        Guide guide = incumbent.guide();
        for (uint32_t op = 0; op < problem.size(); ++op)
          if (instance.jobs[problem.job_of(op)].task.value() == task) guide.choice[op] = rule;
        if (guide.choice == incumbent.guide().choice) continue;
        const ListScore before = incumbent.score();
        better |= incumbent.try_guide(guide, scratch) < before;
      }
  }
}

// No wider than useful: gives every wide operation fewer lanes where that costs nothing.
void narrow_down(Incumbent& incumbent) {
  constexpr uint32_t kOperationsMost = 200;     // one build for each
  const Problem& problem = incumbent.problem();
  if (problem.size() > kOperationsMost) return;
  Schedule scratch;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const uint32_t chosen = incumbent.schedule().mode[op];
    const auto modes = problem.modes(op);
    for (uint32_t m = 0; m < modes.size(); ++m) {
      if (modes[m].area() >= modes[chosen].area()) continue;
      Guide guide = incumbent.guide();
      guide.choice.assign(incumbent.schedule().mode.begin(), incumbent.schedule().mode.end());
      guide.choice[op] = static_cast<int>(m);
      incumbent.try_guide(guide, scratch);
    }
  }
}

}  // namespace

SearchResult search(const Problem& problem, const SearchOptions& options) {
  Incumbent incumbent(problem, options);
  if (problem.size() == 0) {
    SearchResult empty = incumbent.result();
    empty.schedule.resize(problem);
    return empty;
  }
  try_every_rule(incumbent);
  try_rules_per_task(incumbent);
  improve(incumbent);
  narrow_down(incumbent);
  return incumbent.result();
}

}  // namespace takt
