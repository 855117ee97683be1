// hybrid: the plan's lanes and order, work conserving. A lane takes, in this order,
//   1. the earliest planned operation of its own that is ready (early starts allowed),
//   2. an operation planned for other lanes, whole or the tiles that are left, unless one of
//      those is idle and will take it itself (if it does not soon, it has lost its cpu),
//   3. work without a plan, most urgent first;
// but starts nothing that would push a more critical operation planned on this lane
// beyond its slack.
#include <algorithm>

#include "dispatch/order.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

// The time by which this lane must be free again for something more critical than `c`.
Nanos reserved_from(const Candidate& c, std::span<const Candidate> candidates, Nanos now) {
  Nanos latest = Nanos::max();
  for (const Candidate& other : candidates) {
    if (!other.bound || other.criticality >= c.criticality || other.start == Nanos::min())
      continue;
    if (other.ready && other.release <= now) continue;   // it competes by rank instead
    const Nanos slack = std::max(other.slack, Nanos(0));
    const Nanos must_start = other.start > Nanos::max() - slack ? Nanos::max()
                                                                : other.start + slack;
    latest = std::min(latest, must_start);
  }
  return latest;
}

// An idle lane takes its own operation within this time unless it has lost its cpu.
constexpr Nanos kPatience = micros(20);

// True when this lane may run what is planned for others.
bool may_help(const Candidate& c, LaneView lane, Nanos now) {
  return !c.owner_idle || lane.idle > kPatience || (c.absolute && now - c.start > kPatience);
}

int rank(const Candidate& c) { return c.bound ? 0 : c.planned ? 1 : 2; }

bool better(const Candidate& a, const Candidate& b, Nanos now) {
  // A planned operation whose time has come never waits behind a less critical one.
  const bool a_due = a.bound && a.start <= now, b_due = b.bound && b.start <= now;
  if (a.criticality != b.criticality && (a_due || b_due || !(a.bound && b.bound)))
    return a.criticality < b.criticality;
  if (rank(a) != rank(b)) return rank(a) < rank(b);
  return rank(a) < 2 ? planned_earlier(a, b) : more_urgent(a, b);
}

class HybridPolicy final : public Policy {
 public:
  std::string_view name() const override { return "hybrid"; }
  Decision choose(LaneView lane, std::span<const Candidate> candidates, Nanos now) const override {
    Decision decision;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (c.release > now) {
        wait_for(decision, c.release);
        continue;
      }
      if (!c.ready || (c.planned && !c.bound && !may_help(c, lane, now))) continue;
      const Nanos free_by = reserved_from(c, candidates, now);
      if (free_by != Nanos::max() && now + c.duration > free_by && free_by > now) {
        wait_for(decision, free_by);
        continue;
      }
      if (decision.candidate < 0 || better(c, candidates[size_t(decision.candidate)], now))
        decision.candidate = int(i);
    }
    return decision;
  }
};

}  // namespace

const Policy& hybrid_policy() {
  static const HybridPolicy policy;
  return policy;
}

}  // namespace takt
