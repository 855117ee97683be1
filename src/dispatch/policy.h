// Policy: which operation may a free lane start now, in which mode, and where should an
// operation that has just become ready run? Pure: no threads, no clock of its own, no
// allocation. The simulator and the executor ask the same code.
//
// Invariants: 1. A policy only ever names a candidate that is ready and released.
// 2. Correct results never depend on a policy: dependencies, the single run of every tile
// and the exclusive use of an accelerator are the caller's. 3. A policy holds no state: equal
// questions, equal answers.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "base/result.h"
#include "dispatch/replan_reason.h"
#include "model/workload.h"

namespace takt {

// What a lane runs an operation on: itself, or the accelerator that it drives.
enum class Unit : uint8_t { kCore, kAccelerator };

// One operation that a lane could start now, or join, or has to reckon with. What is said of its
// owners matters only where it is neither bound nor placed here, and when its accelerator is free
// only once it is ready.
struct Candidate {
  uint64_t submission = 0;         // sequence number: smaller came first
  uint32_t op = 0;                 // position in its submission
  uint32_t kernel = 0;             // equal ones share code and weights; 0: unknown
  uint32_t open_tiles = 1;         // tiles nobody has claimed
  uint32_t lanes_on = 0;           // lanes that run tiles of it now; a 1 may mean more
  int priority = 0;                // higher is more urgent
  Criticality criticality = Criticality::kBestEffort;
  bool ready = true;               // its inputs are done
  bool placed = true;              // place() named this lane, or was not asked
  bool planned = false;            // the plan (or a pin) names its lanes
  bool bound = false;              // ... and this lane is one of them
  bool absolute = false;           // `start` is a time, not only an order
  Unit planned_unit = Unit::kCore; // of the plan's mode
  bool on_core = true;             // it has a variant for the lane itself
  bool owner_idle = false;         // another lane the plan or place() gives it to is awake, idle
  bool accelerator_free = false;   // this lane would get its accelerator at once; false once it
                                   // has begun on cores
  Nanos owner_free_at = Nanos::max();   // when the first of those is expected to be free
  Nanos owner_duration;            // expected there, in the plan's mode; 0: as here
  Nanos accelerator_duration;      // all of it on this lane's accelerator; 0: it cannot run there
  Nanos accelerator_free_at = Nanos::max();  // when its present user is expected to be done
  Nanos release = Nanos::min();    // must not start before
  Nanos start = Nanos::min();      // planned start; min(): no planned time
  Nanos duration;                  // expected, of what is open, from now, with this lane taking
                                   // part; 0 or less: unknown
  Nanos chunk;                     // how long a lane that takes it asks nothing; 0: for one tile
                                   // (duration / open_tiles)
  Nanos slack = Nanos::max();      // how much later than `start` it may start without missing its
                                   // deadline; not needed when deadline and remaining are known
  Nanos deadline = Nanos::max();   // of its job
  Nanos remaining;                 // least time from its start to the end of its job; 0: unknown
};

struct LaneView {
  uint32_t lane = 0;
  uint32_t lanes = 1;
  Nanos idle;                      // how long it has looked for work in vain
  uint32_t last_kernel = 0;        // what it ran last; 0: unknown
  uint64_t last_submission = 0;    // ... and of which submission; 0: unknown
  uint32_t others_idle = 0;        // other usable lanes that are awake and have nothing to do
  bool unsteady = false;           // it lost its cpu lately (steadiness.h)
  uint32_t others_steady = 0;      // of others_idle, those that are not unsteady
  Nanos steady_free_at = Nanos::max();   // when the first busy lane that is not is expected free
  Nanos others_free_at = Nanos::max();   // when the first busy one is expected to be free
};

struct Decision {
  static constexpr int kNone = -1;
  int candidate = kNone;               // index into the candidates
  Unit unit = Unit::kCore;             // what to run it on
  Nanos wait_until = Nanos::max();     // with kNone: when to ask again at the latest
  int shed = kNone;                    // a candidate whose job is to be given up
  ReplanReason replan = ReplanReason::kNone;   // asks for a new plan; the caller may ignore it
};

// What place() knows of a lane.
struct LaneLoad {
  uint32_t lane = 0;
  uint32_t cluster = 0;
  Nanos backlog;                   // expected time until it is done with what it has
  uint32_t speed_pct = 100;        // of its cluster's full speed
  bool awake = true;
  bool usable = true;              // false: lost, reserved or stuck
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view name() const = 0;
  virtual Decision choose(const LaneView& lane, std::span<const Candidate> candidates,
                          Nanos now) const = 0;
  // True: callers ask place() for every operation without planned lanes that becomes ready.
  virtual bool places() const { return false; }
  // The affinity of an operation that became ready, for at most `widest` lanes; empty: any lane.
  // Others may take it when choose() says so (limited stealing).
  virtual LaneMask place(const Candidate&, std::span<const LaneLoad>, uint32_t /*widest*/) const {
    return {};
  }
  // True: a ready operation without a plan may start on any lane at once, first come
  // first served, when nothing else is in flight (so the caller need not ask).
  virtual bool free_running() const { return true; }
  // True: an operation with planned lanes never runs on another lane.
  virtual bool keeps_lanes() const { return false; }
  // False: what LaneView says of the other lanes is never looked at (and may be left out).
  virtual bool looks_around() const { return false; }
};

// The policy of that name; it lives for ever. kUsage lists the known names.
Result<const Policy*> find_policy(std::string_view name);
std::span<const Policy* const> all_policies();
// Names of all policies, as "dynamic, hybrid, ...".
std::string policy_names();

}  // namespace takt
