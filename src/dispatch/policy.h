// Policy: which operation may a free lane start now? Pure: no threads, no clock of its
// own, no allocation. The simulator and the executor ask the same code.
//
// Invariants: 1. A policy only ever names a candidate that is ready and released.
// 2. Correct results never depend on a policy: dependencies and the single run of every
// tile are the caller's. 3. A policy holds no state: equal questions, equal answers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/nanos.h"
#include "base/result.h"
#include "model/workload.h"

namespace takt {

// One operation that a lane could start now or has to reckon with.
struct Candidate {
  uint64_t submission = 0;         // sequence number: smaller came first
  uint32_t op = 0;                 // position in its submission
  uint32_t open_tiles = 1;         // tiles nobody has claimed
  bool ready = true;               // its inputs are done
  bool planned = false;            // the plan (or a pin) names its lanes
  bool bound = false;              // ... and this lane is one of them
  bool owner_idle = false;         // another lane the plan gives it to is awake and idle
  bool absolute = false;           // `start` is a time, not only an order
  Nanos release = Nanos::min();    // must not start before
  Nanos start = Nanos::min();      // planned start; min(): no planned time
  Nanos duration;                  // planned; 0: unknown
  Nanos slack = Nanos::max();      // how late it may start without missing its deadline
  Nanos deadline = Nanos::max();   // of its job
  Criticality criticality = Criticality::kBestEffort;
  int priority = 0;                // higher is more urgent
};

struct LaneView {
  uint32_t lane = 0;
  uint32_t lanes = 1;
  Nanos idle;                          // how long it has looked for work in vain
};

struct Decision {
  static constexpr int kNone = -1;
  int candidate = kNone;               // index into the candidates
  Nanos wait_until = Nanos::max();     // with kNone: when to ask again at the latest
};

class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view name() const = 0;
  virtual Decision choose(LaneView lane, std::span<const Candidate> candidates,
                          Nanos now) const = 0;
  // True: a ready operation without a plan may start on any lane at once, first come
  // first served, when nothing else is in flight (so the caller need not ask).
  virtual bool free_running() const { return true; }
  // True: an operation with planned lanes never runs on another lane.
  virtual bool keeps_lanes() const { return false; }
};

// The policy of that name; it lives for ever. kUsage lists the known names.
Result<const Policy*> find_policy(std::string_view name);
// Names of all policies, as "dynamic, hybrid, ...".
std::string policy_names();

}  // namespace takt
