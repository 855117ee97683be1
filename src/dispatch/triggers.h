// Triggers: when is the rest of the run worth a new plan? Reports go in, next() says "replan
// because X". Reaction (reaction.h) says what of the machine is usable and how fast, its steps are
// reports here. A pure state machine: the time is an argument, nothing allocates after
// construction, the caller serialises the calls.
//
// Every trigger compares what is with what the present plan reckons with, and asks when they
// differ by a threshold for a hold time. A request means: plan for what holds now; from then on
// that is what the plan reckons with, so what comes back has to differ again. Requests come at most
// once in `gap`; what came up in between is covered by the next.
//
// Reports are causes: work that is released, the time kernels take, what the machine has. Never
// what the mitigation changes: queues, backlogs, lateness after shedding, durations of operations
// that were pre-empted. "Late" alone is an effect; it asks once, then ever more seldom.
#pragma once

#include <cstdint>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "dispatch/change_point.h"
#include "dispatch/reaction.h"
#include "dispatch/replan_reason.h"

namespace takt {

struct TriggerOptions {
  Nanos gap = millis(100);
  // Offered load, in percent of what the plan reckons with.
  uint32_t load_step_pct = 10;
  Nanos load_more_hold = millis(200);
  Nanos load_less_hold = seconds(2);
  // A kernel that became faster only leaves lanes idle, which hybrid uses anyway.
  uint32_t slower_step_pct = 10;
  uint32_t faster_step_pct = 25;
  // An accelerator counts as back after this, doubled with each loss up to the maximum.
  Nanos return_hold = millis(100);
  Nanos return_hold_max = seconds(5);
  // A spell of late jobs ends after late_quiet without one; in it, requests come with gaps that
  // double up to late_gap_max.
  Nanos late_quiet = seconds(1);
  Nanos late_gap_max = seconds(5);
};

struct ReplanRequest {
  ReplanReason reason = ReplanReason::kNone;
  uint32_t subject = 0;            // lane, accelerator, mode, cluster, kernel or task
  uint32_t planned_pct = 100;      // speed, duration or load that the plan reckoned with ...
  uint32_t measured_pct = 100;     // ... and what holds now
  uint32_t covers = 0;             // all reasons that held, as bits 1 << reason
  Nanos at;
};

class Triggers {
 public:
  // `kernels`: the caller numbers the kernels whose durations it reports.
  // REQUIRES: lanes, accelerators <= LaneMask::kMaxLanes
  struct Extent {
    uint32_t lanes = 0, clusters = 0, accelerators = 0, kernels = 0;
  };
  explicit Triggers(const Extent& extent, const TriggerOptions& options = {});

  // A step of Reaction: lanes lost and back, clusters slower and faster. Uneven load is no reason:
  // backlogs are what policies make of the load.
  void report(const ReactionStep& step);
  void report_accelerator(uint32_t accelerator, bool usable, Nanos now);
  // The work released in the window that ended now, at its usual durations, whatever became of
  // it, and what the plan reckons with for a window. Call once a window.
  void report_offered(Nanos work, Nanos planned, Nanos now);
  // One operation that ran without a break on its planned number of lanes. `expected`: the usual
  // duration (the cost's median) of its mode at the present speed.
  void report_duration(uint32_t kernel, Nanos expected, Nanos measured, Nanos now);
  void report_mode(uint32_t mode, Nanos now);
  // The slack of a hard or firm job of the task is gone: a Decision's ReplanReason::kLate. (Its
  // kLaneLost is one policy's guess about one lane; Reaction watches lanes.)
  void report_late(uint32_t task, Nanos now);

  // What to plan for, kNone when there is nothing to do. The caller plans for what holds now.
  ReplanRequest next(Nanos now);
  // When to call next() again without a report; max(): never.
  Nanos next_event() const;

  // The caller plans anew for its own reasons: all that holds now is planned for.
  void planned();
  // ... and expected durations are others from now on: all ratios start at 1.
  void planned_with_new_costs();

  // What holds now.
  const LaneMask& usable() const { return lanes_.now; }
  const LaneMask& usable_accelerators() const { return accelerators_.now; }
  uint32_t speed_pct(uint32_t cluster) const { return speeds_[cluster].now; }
  uint32_t mode() const { return mode_.now; }
  uint32_t load_pct() const { return load_.now; }
  // The kernel's usual duration, in percent of what its cost says.
  uint32_t duration_pct(uint32_t kernel) const;

 private:
  template <class T>
  struct Value {
    T now{}, planned{};            // what the present plan reckons with
    bool differs() const { return !(now == planned); }
    void plan() { planned = now; }
  };
  struct Return {                  // of an accelerator
    Nanos since = Nanos::max();    // usable again; max(): it is not, or counts as usable
    Nanos hold;
    Nanos back_at;
    bool was_lost = false;
  };
  struct Late {                    // a spell of late jobs
    bool spell = false, asks = false;
    uint32_t task = 0;
    Nanos last;                    // report
    Nanos from;                    // no request before
    Nanos gap;
  };
  static constexpr uint32_t kNoKernel = UINT32_MAX;

  Nanos load_due() const;
  bool duration_differs(uint32_t kernel) const;
  void find_worst_kernel();
  void settle_returns(Nanos now);
  ReplanRequest collect(Nanos now) const;

  TriggerOptions options_;
  Value<LaneMask> lanes_, accelerators_;
  Value<uint32_t> mode_;
  std::vector<Value<uint32_t>> speeds_;
  std::vector<Return> returns_;
  Value<uint32_t> load_{100, 100};
  Nanos load_since_;               // of a difference in the present direction
  std::vector<ChangePoint> durations_;
  std::vector<uint32_t> planned_pct_;    // of each kernel
  uint32_t worst_kernel_ = kNoKernel;    // differs most from what is planned with
  Late late_;
  Nanos from_ = Nanos::min();      // no request before
};

}  // namespace takt
