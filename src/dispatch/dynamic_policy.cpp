// dynamic: no plan. Each operation goes to the least loaded lanes when it becomes ready; an idle
// lane takes what is placed elsewhere unless those lanes are idle too. Operations with many tiles
// are shared because every idle lane is offered them until their tiles are gone. The modes are
// orders; all but `dynamic` and `keep-asleep` are blind to criticality, as what they measure.
#include "dispatch/order.h"
#include "dispatch/placement.h"
#include "dispatch/policies.h"

namespace takt {
namespace {

struct Mode {
  static constexpr bool kFreeRunning = false;
  static constexpr bool kPacks = false;      // a busy lane keeps what is placed on it
  static constexpr Nanos kPatience = dispatch_tuning::kPatience;
};

struct Urgent : Mode {
  static constexpr std::string_view kName = "dynamic";
  static constexpr bool kFreeRunning = true;
  static auto order(const LaneView&) { return more_urgent; }
};

struct FirstComeFirstServed : Mode {
  static constexpr std::string_view kName = "dynamic-fcfs";
  static constexpr bool kFreeRunning = true;
  static auto order(const LaneView&) { return came_first; }
};

// The submissions in turn: from the one the lane served last to the next older one, after the
// oldest the newest. Downwards, so that arrivals never overtake a turn.
struct RoundRobin : Mode {
  static constexpr std::string_view kName = "dynamic-round-robin";
  static constexpr bool kFreeRunning = true;
  static auto order(const LaneView& lane) {
    return [last = lane.last_submission](const Candidate& a, const Candidate& b) {
      const bool a_wraps = a.submission >= last, b_wraps = b.submission >= last;
      if (a_wraps != b_wraps) return b_wraps;
      return a.submission != b.submission ? a.submission > b.submission : a.op < b.op;
    };
  }
};

// Shortest job first; an unknown duration (0) counts as short.
struct ShortestFirst : Mode {
  static constexpr std::string_view kName = "dynamic-sjf";
  static auto order(const LaneView&) {
    return [](const Candidate& a, const Candidate& b) {
      return a.duration != b.duration ? a.duration < b.duration : came_first(a, b);
    };
  }
};

// The kernel the lane ran last first (code and weights are in its caches), in a window of
// submissions; else first come first served. Submissions fall into windows of kBatchWindow.
struct Batch : Mode {
  static constexpr std::string_view kName = "dynamic-batch";
  static auto order(const LaneView& lane) {
    return [last = lane.last_kernel](const Candidate& a, const Candidate& b) {
      const uint64_t a_window = a.submission / dispatch_tuning::kBatchWindow;
      const uint64_t b_window = b.submission / dispatch_tuning::kBatchWindow;
      if (a_window != b_window) return a_window < b_window;
      const bool a_same = last && a.kernel == last, b_same = last && b.kernel == last;
      return a_same != b_same ? a_same : came_first(a, b);
    };
  }
};

// Most open tiles first, so that lanes work together on large operations.
struct WidestFirst : Mode {
  static constexpr std::string_view kName = "dynamic-widest-first";
  static auto order(const LaneView&) {
    return [](const Candidate& a, const Candidate& b) {
      return a.open_tiles != b.open_tiles ? a.open_tiles > b.open_tiles : came_first(a, b);
    };
  }
};

// dynamic's order on as few lanes as will do.
struct KeepAsleep : Mode {
  static constexpr std::string_view kName = "dynamic-keep-asleep";
  static constexpr bool kFreeRunning = true;
  static constexpr bool kPacks = true;
  static constexpr Nanos kPatience = dispatch_tuning::kWorthWaking;
  static auto order(const LaneView&) { return more_urgent; }
};

// The awake lanes while the least loaded of them is done soon, or nobody is awake: all.
LaneMask worth_using(std::span<const LaneLoad> loads, Nanos work) {
  LaneMask awake, all;
  Nanos soonest = Nanos::max();
  for (const LaneLoad& load : loads) {
    if (!load.usable) continue;
    all.add(load.lane);
    if (!load.awake) continue;
    awake.add(load.lane);
    soonest = std::min(soonest, done_at(load, Nanos(0)));
  }
  return soonest <= std::max(dispatch_tuning::kWorthWaking, work) ? awake : all;
}

template <class M>
class DynamicPolicy final : public Policy {
 public:
  std::string_view name() const override { return M::kName; }
  bool places() const override { return true; }
  bool free_running() const override { return M::kFreeRunning; }

  Decision choose(const LaneView& lane, std::span<const Candidate> candidates,
                  Nanos now) const override {
    // What is placed elsewhere is left to those lanes while they can be expected to take it.
    const bool waits = lane.idle <= M::kPatience;
    bool left = false;
    Decision decision = best_ready(candidates, now, M::order(lane), [&](const Candidate& c) {
      const bool leaves = waits && c.release <= now && !c.placed && (c.owner_idle || M::kPacks);
      left |= leaves;
      return !leaves;
    });
    if (left) wait_for(decision, now + M::kPatience);
    return decision;
  }

  LaneMask place(const Candidate& c, std::span<const LaneLoad> loads,
                 uint32_t widest) const override {
    if constexpr (!M::kPacks) return place_least_loaded(c, loads, widest);
    return select_least_loaded(loads, worth_using(loads, c.duration), std::max(widest, 1u),
                               c.duration);
  }
};

template <class M>
const Policy& the() {
  static const DynamicPolicy<M> policy;
  return policy;
}

}  // namespace

const Policy& dynamic_policy() { return the<Urgent>(); }
const Policy& dynamic_fcfs_policy() { return the<FirstComeFirstServed>(); }
const Policy& dynamic_round_robin_policy() { return the<RoundRobin>(); }
const Policy& dynamic_sjf_policy() { return the<ShortestFirst>(); }
const Policy& dynamic_batch_policy() { return the<Batch>(); }
const Policy& dynamic_widest_first_policy() { return the<WidestFirst>(); }
const Policy& dynamic_keep_asleep_policy() { return the<KeepAsleep>(); }

}  // namespace takt
