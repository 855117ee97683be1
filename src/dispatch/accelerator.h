// AcceleratorManager: who may use one exclusive accelerator (an NPU). A pure state machine: the
// time is an argument, nothing waits. The caller acts on the change that every call returns, and
// serialises the calls (the simulator by nature, the executor with one lock per accelerator).
//
// Invariants: 1. At most one user holds the accelerator; nobody while it is reset or given up.
// 2. A user is in at most one of: holder, queue. 3. Every user that asked is told exactly once how
// it ends: granted (then it releases, or is `lost`), to the core, or by its own cancel().
// 4. Equal calls give equal changes.
#pragma once

#include <array>
#include <cstdint>

#include "base/nanos.h"
#include "model/workload.h"

namespace takt {

struct AcceleratorRequest {
  uint64_t user = 0;               // the caller's name for it; not kNobody
  Criticality criticality = Criticality::kBestEffort;
  int priority = 0;                // higher is more urgent
  Nanos duration;                  // expected on the accelerator; 0: unknown
  Nanos core_duration;             // expected on the core; max(): it has no variant for the core
};

struct AcceleratorOptions {
  // A holder that takes `patience` times what it said, and no less than `least_time_out`, hangs.
  int64_t patience = 8;
  Nanos least_time_out = millis(10);
  Nanos reset_duration = millis(1);
  // After this many faults and time-outs without a release between them the accelerator is given
  // up; everybody uses the core until restore().
  uint32_t faults_max = 3;
};

// What a call changed; the caller tells the users.
struct AcceleratorChange {
  static constexpr uint64_t kNobody = ~uint64_t{0};
  static constexpr uint32_t kQueue = 64;

  uint64_t granted = kNobody;      // holds it from now on. After release() the caller hands over
                                   // by a store: who is next is known, nobody needs a wake-up
  uint64_t lost = kNobody;         // held it; its run does not count and may not touch it again
  std::array<uint64_t, kQueue> to_core;   // waited, and are better off on the core now; those
  uint32_t to_core_count = 0;             // without a variant for the core fail
};

enum class AcceleratorAnswer : uint8_t {
  kGranted,                        // it holds the accelerator
  kQueued,                         // a later change names it
  kUseCore,                        // waiting would take longer than the core, or nothing else works
  kRefused,                        // given up or queue full, and it has no variant for the core
};

struct AcceleratorStatistics {
  uint64_t grants = 0;
  uint64_t handovers = 0;          // grants to a user that was waiting when another was done
  uint64_t declined = 0;           // grants that were given back unused
  uint64_t fallbacks = 0;          // sent to the core, at once or out of the queue
  uint64_t refusals = 0;
  uint64_t time_outs = 0;
  uint64_t faults = 0;
  Nanos busy;                      // held, the present holder up to now included
  Nanos since;                     // of the first request to now
  Nanos waited;                    // of all grants
  Nanos waited_max;
  double utilisation() const {
    return since.ns > 0 ? double(busy.ns) / double(since.ns) : 0;
  }
};

class AcceleratorManager {
 public:
  static constexpr uint64_t kNobody = AcceleratorChange::kNobody;
  static constexpr uint32_t kQueue = AcceleratorChange::kQueue;

  explicit AcceleratorManager(const AcceleratorOptions& options = {}) : options_(options) {}

  // Asks for it. Order in the queue: criticality, priority, first come. Whoever is overtaken and
  // would be done earlier on the core is in `change`. Nothing is preempted.
  // REQUIRES: the user neither holds it nor waits
  AcceleratorAnswer request(const AcceleratorRequest& request, Nanos now,
                            AcceleratorChange* change);

  // The holder is done. A user that does not hold it any more (lost) changes nothing.
  AcceleratorChange release(uint64_t user, Nanos now);

  // The user no longer wants it: leaves the queue, or releases.
  AcceleratorChange cancel(uint64_t user, Nanos now);

  // The holder does not begin after all; as release(), but it was no use.
  AcceleratorChange decline(uint64_t user, Nanos now);

  // The holder, or the driver, saw it fail: the holder is lost and the accelerator is reset.
  AcceleratorChange fault(Nanos now);

  // Time has passed: a holder that hangs is lost, a reset ends. Call at next_event() or later.
  AcceleratorChange poll(Nanos now);
  Nanos next_event() const;        // max(): none

  // Takes an accelerator that was given up into use again (after a reset).
  void restore(Nanos now);

  bool free() const { return state_ == State::kFree; }
  bool usable() const { return state_ == State::kFree || state_ == State::kHeld; }
  bool given_up() const { return state_ == State::kGivenUp; }
  uint64_t holder() const { return state_ == State::kHeld ? holder_.request.user : kNobody; }
  uint32_t waiting() const { return count_; }
  // When a request of this urgency would be granted, as expected; max(): never.
  Nanos free_at(Criticality criticality, int priority, Nanos now) const;
  AcceleratorStatistics statistics(Nanos now) const;

 private:
  enum class State : uint8_t { kFree, kHeld, kResetting, kGivenUp };
  struct Use {
    AcceleratorRequest request;
    Nanos asked;
    Nanos granted;
    uint64_t order = 0;            // of arrival
  };

  static bool before(const Use& a, const Use& b);
  Nanos present_until(Nanos now) const;
  void grant(const Use& use, Nanos now, AcceleratorChange* change);
  void grant_next(Nanos now, AcceleratorChange* change);
  void send_hopeless_to_core(Nanos now, AcceleratorChange* change);
  void lose_holder(Nanos now, AcceleratorChange* change);
  void remove(uint32_t position);
  Nanos time_out() const;

  AcceleratorOptions options_;
  State state_ = State::kFree;
  Use holder_;                     // while kHeld
  Nanos reset_until_;              // while kResetting
  uint32_t faults_in_a_row_ = 0;
  std::array<Use, kQueue> queue_;  // best first
  uint32_t count_ = 0;
  uint64_t arrivals_ = 0;
  Nanos first_;
  AcceleratorStatistics statistics_;
};

}  // namespace takt
