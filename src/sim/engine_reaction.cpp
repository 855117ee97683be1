// What is noticed of disturbances, and when: Reaction, fed with what a run-time would see (speed
// reports at once, heartbeats of lanes that run, backlogs), and its steps carried out. Policies
// know no other speeds and get no other lanes than it says.
#include <algorithm>

#include "sim/engine.h"

namespace takt {
namespace {

TraceDecision decision_of(ReactionReason reason) {
  switch (reason) {
    case ReactionReason::kClusterSlower: return TraceDecision::kClusterSlower;
    case ReactionReason::kClusterFaster: return TraceDecision::kClusterFaster;
    case ReactionReason::kLaneStuck: return TraceDecision::kLaneLost;
    case ReactionReason::kLaneSilent: return TraceDecision::kLaneSilent;
    case ReactionReason::kLaneBack: return TraceDecision::kLaneBack;
    case ReactionReason::kLoadUneven: return TraceDecision::kLoadUneven;
    case ReactionReason::kNone:
    case ReactionReason::kReplanDue: break;
  }
  return TraceDecision::kReplanDue;
}

}  // namespace

// All lanes that run say so, and how much they have to do.
void Engine::beat() {
  for (uint32_t i = 0; i < lanes_count_; ++i) {
    const LaneRun& lane = lanes_[i];
    if (!lane.gone && lane.stops == 0) reaction_.report_heartbeat(i, now_);
    backlogs_[i] = lane.queued;
    if (lane.op != kNone) backlogs_[i] += std::max(ops_[lane.op].expected_end - now_, Nanos(0));
  }
  reaction_.report_load(backlogs_, now_);
  next_beat_ = now_ + sim_tuning::kBeat;
  react();
}

void Engine::react() {
  for (;;) {
    const ReactionStep step = reaction_.next(now_);
    if (step.reason == ReactionReason::kNone) break;
    carry_out(step);
    triggers_.report(step);
  }
  check_triggers();
  clock_.set(reaction_slot(), std::min(next_beat_, std::max(reaction_.next_event(), now_)));
}

void Engine::carry_out(const ReactionStep& step) {
  const bool cluster = step.reason == ReactionReason::kClusterSlower ||
                       step.reason == ReactionReason::kClusterFaster;
  const uint32_t lane = cluster ? input_.pools[step.subject].lanes.front() : step.subject;
  record_decision(decision_of(step.reason), lane, cluster ? step.speed_pct : 0, kNone);
  switch (step.reason) {
    case ReactionReason::kClusterSlower:
    case ReactionReason::kClusterFaster:
      change_rates(step.subject);
      for (uint32_t task = 0; task < tasks_count_; ++task) renew_rows(task);
      break;
    case ReactionReason::kLaneStuck:
    case ReactionReason::kLaneSilent:
      lanes_[lane].usable = false;
      not_idle(lane);
      break;
    case ReactionReason::kLaneBack:
      lanes_[lane].usable = true;
      if (input_.cores.has(lane) && lanes_[lane].op == kNone) make_idle(lane);
      break;
    case ReactionReason::kNone:
    case ReactionReason::kLoadUneven:
    case ReactionReason::kReplanDue:
      break;
  }
  for (LaneLoad& load : loads_) {
    load.speed_pct = reaction_.speed_pct(load.cluster);
    load.usable = lanes_[load.lane].usable;
  }
  if (step.replan) ask_for_plan(lane);
  dirty_ = dirty_ | idle_;
}

void Engine::ask_for_plan(uint32_t lane) {
  ++result_.replans_asked;
  record_decision(TraceDecision::kReplan, lane, 0, kNone);
}

// Heartbeats alone change nothing; a lane that is to come back does.
bool Engine::nothing_can_happen() {
  const Nanos beat = clock_.next_time();
  clock_.set(reaction_slot(), Nanos::max());
  const bool nothing = clock_.next_time() == Nanos::max();
  clock_.set(reaction_slot(), beat);
  if (!nothing) return false;
  for (const LaneRun& lane : lanes_)
    if (!lane.usable && !lane.gone) return false;
  return true;
}

}  // namespace takt
