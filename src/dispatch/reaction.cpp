#include "dispatch/reaction.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

std::string_view name_of(ReactionReason reason) {
  switch (reason) {
    case ReactionReason::kNone: return "none";
    case ReactionReason::kClusterSlower: return "cluster slower";
    case ReactionReason::kClusterFaster: return "cluster faster";
    case ReactionReason::kLaneStuck: return "lane stuck";
    case ReactionReason::kLaneSilent: return "lane silent";
    case ReactionReason::kLaneBack: return "lane back";
    case ReactionReason::kLoadUneven: return "load uneven";
    case ReactionReason::kReplanDue: return "replan due";
  }
  return "none";
}

Reaction::Reaction(uint32_t lanes, uint32_t clusters, Nanos now, const ReactionOptions& options)
    : options_(options), clusters_(clusters), lanes_(lanes), usable_(LaneMask::first(lanes)) {
  CHECK(lanes <= LaneMask::kMaxLanes);
  for (Lane& lane : lanes_) {
    lane.last_beat = lane.steady_since = now;
    lane.return_hold = options.return_hold;
  }
}

void Reaction::report_speed(uint32_t cluster, uint32_t speed_pct, Nanos now) {
  Cluster& c = clusters_[cluster];
  const bool was_slower = c.reported < c.acted, was_different = differs(c);
  c.reported = std::clamp(speed_pct, 1u, 100u);
  if (!was_different || was_slower != (c.reported < c.acted)) c.since = now;
}

void Reaction::report_heartbeat(uint32_t lane, Nanos now) {
  Lane& l = lanes_[lane];
  if (l.stuck || now - l.last_beat > options_.heartbeat_gap) l.steady_since = now;
  l.stuck = false;
  l.last_beat = now;
}

void Reaction::report_stuck(uint32_t lane, Nanos) { lanes_[lane].stuck = true; }

void Reaction::report_load(std::span<const Nanos> backlog, Nanos now) {
  Nanos sum, largest;
  uint32_t count = 0;
  for (uint32_t lane = 0; lane < backlog.size() && lane < lanes_.size(); ++lane) {
    if (!usable_.has(lane)) continue;
    sum += backlog[lane];
    largest = std::max(largest, backlog[lane]);
    ++count;
  }
  if (count == 0) return;
  const Nanos mean = sum / int64_t(count);
  const uint32_t bound_pct = uneven_ ? options_.even_pct : options_.uneven_pct;
  const bool uneven =
      largest - mean > (uneven_ ? Nanos(0) : options_.imbalance_least) &&
      largest > mean / 100 * int64_t(bound_pct);
  if (uneven && !uneven_) uneven_since_ = now;
  if (!uneven) uneven_acted_ = false;
  uneven_ = uneven;
}

bool Reaction::differs(const Cluster& c) const {
  const uint32_t difference = c.acted > c.reported ? c.acted - c.reported : c.reported - c.acted;
  return difference >= std::max(options_.speed_step_pct, 1u);
}

Nanos Reaction::due(const Cluster& c) const {
  if (!differs(c)) return Nanos::max();
  return c.since + (c.reported < c.acted ? options_.slow_hold : options_.fast_hold);
}

Nanos Reaction::due(uint32_t index) const {
  const Lane& lane = lanes_[index];
  const Nanos silent = lane.last_beat + options_.heartbeat_gap + nanos(1);
  if (usable_.has(index)) return lane.stuck ? lane.last_beat : silent;
  const Nanos back = lane.steady_since + lane.return_hold;
  return lane.stuck || back >= silent ? Nanos::max() : back;
}

ReactionStep Reaction::with_replan(ReactionStep step) {
  step.replan = step.at >= replan_from_;
  replan_owed_ = !step.replan;
  if (step.replan) replan_from_ = step.at + options_.replan_gap;
  return step;
}

ReactionStep Reaction::step_cluster(uint32_t index, Nanos now) {
  Cluster& c = clusters_[index];
  const auto reason = c.reported < c.acted ? ReactionReason::kClusterSlower
                                           : ReactionReason::kClusterFaster;
  c.acted = c.reported;
  return with_replan({reason, index, now, c.acted});
}

ReactionStep Reaction::step_lane(uint32_t index, Nanos now) {
  Lane& lane = lanes_[index];
  if (!usable_.has(index)) {
    usable_.add(index);
    return with_replan({ReactionReason::kLaneBack, index, now});
  }
  usable_.remove(index);
  // Lost again soon after it came back: it has to prove itself for longer.
  const bool again = now - lane.steady_since < 4 * lane.return_hold;
  lane.return_hold = again ? std::min(2 * lane.return_hold, options_.return_hold_max)
                           : options_.return_hold;
  lane.steady_since = now;   // heartbeats before the loss say nothing
  return with_replan({lane.stuck ? ReactionReason::kLaneStuck : ReactionReason::kLaneSilent,
                      index, now});
}

ReactionStep Reaction::next(Nanos now) {
  for (uint32_t i = 0; i < lanes_.size(); ++i)
    if (due(i) <= now) return step_lane(i, now);
  for (uint32_t i = 0; i < clusters_.size(); ++i)
    if (due(clusters_[i]) <= now) return step_cluster(i, now);
  if (uneven_ && !uneven_acted_ && now >= uneven_since_ + options_.imbalance_hold) {
    uneven_acted_ = true;
    return with_replan({ReactionReason::kLoadUneven, 0, now});
  }
  if (replan_owed_ && now >= replan_from_)
    return with_replan({ReactionReason::kReplanDue, 0, now});
  return {};
}

Nanos Reaction::next_event() const {
  Nanos time = replan_owed_ ? replan_from_ : Nanos::max();
  for (uint32_t i = 0; i < lanes_.size(); ++i) time = std::min(time, due(i));
  for (const Cluster& c : clusters_) time = std::min(time, due(c));
  if (uneven_ && !uneven_acted_)
    time = std::min(time, uneven_since_ + options_.imbalance_hold);
  return time;
}

}  // namespace takt
