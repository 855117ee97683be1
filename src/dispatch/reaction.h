// Reaction: what to do when the machine is not what the plan assumed: clusters throttle, lanes
// are lost and come back, load is uneven. A pure state machine: reports go in, next() gives one
// step at a time with its reason, for the caller to carry out and to trace. The time is an
// argument; the caller serialises the calls.
//
// Everything has hysteresis: a change counts when it has lasted for a hold time, growing worse
// counts sooner than getting better, and what comes back and is lost again has to prove itself
// twice as long each time. Plans are asked for at most once in `replan_gap`.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"

namespace takt {

struct ReactionOptions {
  // Speed: changes of fewer percent points are ignored; slower counts after slow_hold.
  uint32_t speed_step_pct = 5;
  Nanos slow_hold = millis(2);
  Nanos fast_hold = millis(200);
  // Lanes: lost after this long without a heartbeat, usable again after steady ones for
  // return_hold, doubled with each loss up to return_hold_max.
  Nanos heartbeat_gap = millis(20);
  Nanos return_hold = millis(100);
  Nanos return_hold_max = seconds(5);
  // Load: uneven when the largest backlog exceeds the mean by this factor (in percent) and by
  // imbalance_least, for imbalance_hold; over when it is below even_pct.
  uint32_t uneven_pct = 200;
  uint32_t even_pct = 130;
  Nanos imbalance_least = millis(1);
  Nanos imbalance_hold = millis(20);
  Nanos replan_gap = millis(100);
};

enum class ReactionReason : uint8_t {
  kNone,
  kClusterSlower,      // durations on the cluster are longer now
  kClusterFaster,
  kLaneStuck,          // the watchdog says so
  kLaneSilent,         // no heartbeat
  kLaneBack,
  kLoadUneven,
  kReplanDue,          // a plan asked for earlier may be made now
};
// For the trace: "cluster slower", ...
std::string_view name_of(ReactionReason reason);

struct ReactionStep {
  ReactionReason reason = ReactionReason::kNone;
  uint32_t subject = 0;            // the cluster or the lane
  Nanos at;
  uint32_t speed_pct = 100;        // of the cluster from now on
  bool replan = false;             // a plan for usable() and speed_pct() is asked for
};

class Reaction {
 public:
  // REQUIRES: lanes <= LaneMask::kMaxLanes
  Reaction(uint32_t lanes, uint32_t clusters, Nanos now, const ReactionOptions& options = {});

  // Reports. They only take note; next() decides.
  void report_speed(uint32_t cluster, uint32_t speed_pct, Nanos now);
  void report_heartbeat(uint32_t lane, Nanos now);
  void report_stuck(uint32_t lane, Nanos now);
  // backlog[lane]: expected time until the lane is done with what it has.
  void report_load(std::span<const Nanos> backlog, Nanos now);

  // The next step that is due at `now`; kNone when there is none. Call until then.
  ReactionStep next(Nanos now);
  // When to call next() again without a report; max(): never.
  Nanos next_event() const;

  // What holds after the steps so far. Policies get no lane outside usable(); a lane that is
  // lost finishes nothing, its operations are taken by others.
  const LaneMask& usable() const { return usable_; }
  // Durations on the cluster are to be scaled by 100 / speed_pct.
  uint32_t speed_pct(uint32_t cluster) const { return clusters_[cluster].acted; }

 private:
  struct Cluster {
    uint32_t acted = 100;
    uint32_t reported = 100;
    Nanos since;                   // of a difference in the present direction
  };
  struct Lane {
    Nanos last_beat;
    Nanos steady_since;            // first of the heartbeats without a gap
    Nanos return_hold;
    bool stuck = false;
  };

  bool differs(const Cluster& cluster) const;
  Nanos due(const Cluster& cluster) const;
  Nanos due(uint32_t lane) const;
  ReactionStep step_cluster(uint32_t index, Nanos now);
  ReactionStep step_lane(uint32_t index, Nanos now);
  ReactionStep with_replan(ReactionStep step);

  ReactionOptions options_;
  std::vector<Cluster> clusters_;
  std::vector<Lane> lanes_;
  LaneMask usable_;
  bool uneven_ = false;            // as reported last
  bool uneven_acted_ = false;
  Nanos uneven_since_;
  Nanos replan_from_ = Nanos::min();   // no plan is asked for before
  bool replan_owed_ = false;
};

}  // namespace takt
