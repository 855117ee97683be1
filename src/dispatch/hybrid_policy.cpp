// hybrid: the plan, as far as the world keeps to it. A lane takes
//   - hard and firm work by urgency, as in jobshop (early when its inputs are there): its own of
//     the plan, work planned for other lanes when it ends here earlier (they are busy, slow, or
//     have lost their cpu; whole, or tiles of what is behind the plan), and work without a plan;
//   - then its own soft and best-effort operations, those that are due by criticality, then early
//     ones, in the plan's order (so all shifts when something is late);
//   - then others' and unplanned ones by urgency: before its own when they are more critical, or
//     as critical and would be too late after it while it can wait.
// Nothing starts that would push a more critical operation beyond its latest start, nor in a mode
// that needs its accelerator (demand.h). When a hard or firm operation has no slack left a new
// plan is asked for; a best-effort, then a soft job is given up when it is late for certain and in
// the way. Without a plan hybrid decides as jobshop does.
//
// hybrid-save is for plans with few lanes: what is planned for other lanes is theirs until a part
// of its slack is gone, so that lanes that the plan leaves out sleep.
#include "dispatch/demand.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

bool comes_first_of_own(const Candidate& a, const Candidate& b, Nanos now) {
  const bool a_due = a.start <= now, b_due = b.start <= now;
  if (a_due != b_due) return a_due;
  if (a_due && a.criticality != b.criticality) return a.criticality < b.criticality;
  // Ahead of the plan its times have proved wrong: within a job the longest way goes first.
  if (!a_due && a.submission == b.submission && a.remaining != b.remaining)
    return a.remaining > b.remaining;
  return planned_earlier(a, b);
}

// What has been found so far on the two lists.
struct Best {
  int index = Decision::kNone;
  Unit unit = Unit::kCore;
};

// True when `b`, equally critical, would be too late after `a` while `a` can wait for it. Work
// without a plan is not waited for: the plan has chosen who is in time.
bool can_wait(const Candidate& a, Unit a_unit, const Candidate& b, Unit b_unit, Nanos now) {
  if (!b.planned && a.start <= now) return false;
  const Nanos b_latest = latest_start(b);
  return b_latest >= now && now + blocks_for(a, a_unit) > b_latest &&
         now + blocks_for(b, b_unit) <= latest_start(a);
}

ReplanReason replan_for(const Candidate& c, Nanos now) {
  if (!c.planned || c.criticality > Criticality::kFirm) return ReplanReason::kNone;
  if (latest_start(c) < now) return ReplanReason::kLate;
  const bool lost = c.ready && !c.bound && c.owner_idle && c.absolute && c.lanes_on == 0 &&
                    now - c.start > dispatch_tuning::kLaneLost;
  return lost ? ReplanReason::kLaneLost : ReplanReason::kNone;
}

// Until when an operation that is planned for other lanes is left to them: whoever helps then still
// has most of the slack. Of one that has no planned time there is no telling.
Nanos left_until(const Candidate& c) {
  if (!c.absolute) return Nanos::min();
  const Nanos latest = latest_start(c);
  if (latest == Nanos::max()) return c.start + dispatch_tuning::kLaneLost;
  return c.start + std::max(latest - c.start, Nanos(0)) / dispatch_tuning::kSavedShare;
}

class HybridPolicy final : public Policy {
 public:
  explicit HybridPolicy(bool saves) : saves_(saves) {}
  std::string_view name() const override { return saves_ ? "hybrid-save" : "hybrid"; }
  bool looks_around() const override { return true; }

  Decision choose(const LaneView& lane, std::span<const Candidate> candidates,
                  Nanos now) const override {
    Demand demand(lane, candidates, now, /*plan=*/true);
    Decision decision;
    Best own, other;
    int in_the_way = Decision::kNone;
    for (size_t i = 0; i < candidates.size(); ++i) {
      const Candidate& c = candidates[i];
      if (decision.replan == ReplanReason::kNone) decision.replan = replan_for(c, now);
      if (saves_ && c.planned && !c.bound && c.release <= now && now < left_until(c)) {
        wait_for(decision, left_until(c));
        continue;
      }
      Unit unit;
      bool held;
      if (demand.may_start(c, &unit, &held, &decision)) {
        const bool in_order = c.bound && c.criticality >= Criticality::kSoft;
        Best& best = in_order ? own : other;
        if (best.index < 0 ||
            (in_order ? comes_first_of_own(c, candidates[size_t(best.index)], now)
                      : due_earlier(c, candidates[size_t(best.index)])))
          best = {int(i), unit};
      } else if (held && c.criticality >= Criticality::kSoft && is_hopeless(c, now) &&
                 (in_the_way < 0 ||
                  c.criticality > candidates[size_t(in_the_way)].criticality)) {
        in_the_way = int(i);
      }
    }
    const Best best = first_of(own, other, candidates, now);
    decision.candidate = best.index;
    decision.unit = best.unit;
    // A job of which something else can start is not in the way as a whole.
    if (in_the_way >= 0 && (best.index < 0 || candidates[size_t(best.index)].submission !=
                                                  candidates[size_t(in_the_way)].submission))
      decision.shed = in_the_way;
    return decision;
  }

 private:
  static Best first_of(Best own, Best other, std::span<const Candidate> candidates, Nanos now) {
    if (own.index < 0 || other.index < 0) return own.index < 0 ? other : own;
    const Candidate& a = candidates[size_t(own.index)];
    const Candidate& b = candidates[size_t(other.index)];
    if (a.criticality != b.criticality) return a.criticality < b.criticality ? own : other;
    return can_wait(a, own.unit, b, other.unit, now) ? other : own;
  }

  const bool saves_;
};

}  // namespace

const Policy& hybrid_policy() {
  static const HybridPolicy policy(false);
  return policy;
}

const Policy& hybrid_save_policy() {
  static const HybridPolicy policy(true);
  return policy;
}

}  // namespace takt
