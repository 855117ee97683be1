// Submission: one execution of a Program, with the job it belongs to and, when the plan
// knows it, the lanes and times of its operations. Pooled by the Executor: filled in by
// the submitting thread, shared by the lanes until done() ran, then reused once no lane
// can still be looking at it (executor.h, invariant 4).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "dispatch/policy.h"
#include "model/trace_event.h"
#include "model/workload.h"
#include "run/program.h"
#include "run/scope.h"
#include "run/tape.h"

namespace takt {

struct PlannedItem {
  Nanos start;                      // relative to Submission::plan_base
  Nanos duration;
  LaneMask lanes;                   // at least one
  Unit unit = Unit::kCore;          // kAccelerator: these lanes drive one
};

// What the plan says about one job of one program.
struct Assignment {
  std::vector<PlannedItem> items;               // one per item of the program
  std::vector<std::vector<uint32_t>> by_lane;   // per lane: its items in planned order
  LaneMask lanes;                               // all lanes it uses
  Nanos end;                                    // planned end of the last item
};

// How a submission ended: exactly one of these, told by done().
enum class SubmissionEnd : uint8_t {
  kDone,
  kFault,          // a work function returned a fault
  kCancelled,      // by cancel(), or shed by the policy; part of it may have run
  kInputFailed,    // a timeline point it waited for failed; nothing ran
  kScopeFailed,    // its scope had failed before; nothing ran
  kRefused,        // none of the lanes of its pin is there; nothing ran
};

// An item that starts at a time of its own at the earliest; a time that is past: at once.
struct ItemTimer {
  uint32_t item = 0;
  Nanos due;                        // absolute
};

class Executor;

class Submission {
 public:
  // Set by the submitter between acquire() and submit(). On lines of its own: written for every
  // submission, while what lies beside it on the heap may be a program that all lanes read.
  alignas(64) const Program* program = nullptr;
  const void* data = nullptr;                   // handed to the work functions
  void* owner = nullptr;                        // for done()
  // Runs exactly once, on the finishing lane, or the thread that cancels or fails it. Owns the
  // fault, unless the submission has a scope or signals: these do, and keep it. The submission
  // is not to be touched after it returns.
  void (*done)(Submission& submission, Fault fault) = nullptr;
  Nanos release = Nanos::min();                 // nothing starts before; min(): at once
  Nanos deadline = Nanos::max();
  Criticality criticality = Criticality::kBestEffort;
  int priority = 0;
  // From then on no operation of it begins; it ends as kCancelled. max(): never.
  Nanos give_up_at = Nanos::max();
  bool may_be_shed = false;                     // the policy may give it up (kCancelled)
  uint32_t task = TraceEvent::kNoTask;
  uint64_t job = 0;
  LaneMask pin;                                 // lanes it must run on; empty: any
  // Lanes read it while they look for work, also just after done(): it outlives the executor, or
  // is part of what `keeps` holds.
  const Assignment* assignment = nullptr;
  Nanos plan_base = Nanos::min();               // min(): the plan gives order and lanes only
  // Made from `program` and `assignment`; a policy that keeps lanes follows it, unless there
  // is a pin. Outlives the executor or is kept, too. nullptr: the lanes look for the items one by
  // one.
  const Tape* tape = nullptr;
  // Let go when the submission is used again, or by trim(): no lane can look at it then.
  std::array<std::shared_ptr<const void>, 2> keeps;
  Scope* scope = nullptr;
  // Started when all are reached. Their timelines outlive the submission.
  std::vector<TimelinePoint> waits;
  // Signalled after done() when it ended as kDone, else failed.
  std::vector<TimelinePoint> signals;
  std::vector<ItemTimer> timers;

  // For done():
  SubmissionEnd end() const { return end_; }
  // The fault of its own, or of what it waited for or belongs to; empty when nothing is known.
  const SharedFault& cause() const { return cause_; }

 private:
  friend class Executor;
  friend class LaneLoop;
  struct ItemState {
    // Tiles claimed from the front (low half) and from the back (high half). Lanes of even
    // and odd number work towards each other, so that a lane finds in its own cache what
    // it wrote in the operation before.
    std::atomic<uint64_t> claimed{0};
    std::atomic<uint32_t> unfinished{0};        // tiles claimed or open
    uint32_t tiles = 0;                         // of the item: lanes that only look must
                                                //   not read the program, it may be gone
    uint32_t open_tiles() const {
      const uint64_t now = claimed.load(std::memory_order_relaxed);
      const uint64_t taken = (now & 0xffffffff) + (now >> 32);
      return taken >= tiles ? 0 : uint32_t(tiles - taken);
    }
  };

  // How far one lane is in the plan's order.
  struct PlanLane {
    alignas(64) std::atomic<uint32_t> done{0};  // of its tape, as far as published: others wait
                                                //   for it, so nothing else is on its line
    alignas(64) uint32_t next = 0;              // place on its tape, or in Assignment::by_lane;
    uint32_t end = 0;                           //   these are the lane's own
    uint32_t seen_lane = 0;                     // what another lane has published, when the
    uint32_t seen_count = 0;                    //   last wait ended
  };

  void reset() {
    release = plan_base = Nanos::min();
    deadline = Nanos::max();
    criticality = Criticality::kBestEffort;
    priority = 0;
    give_up_at = Nanos::max();
    may_be_shed = false;
    task = TraceEvent::kNoTask;
    job = 0;
    pin = {};
    assignment = nullptr;
    tape = nullptr;
    keeps = {};
    scope = nullptr;
    waits.clear();
    signals.clear();
    timers.clear();
    cause_.reset();
  }
  // Frees all arrays. REQUIRES: no lane can look at them
  void free_memory() {
    keeps = {};
    plan_lanes_.reset();
    states_.reset();
    ready_.reset();
    shared_.reset();
    core_only_.reset();
    placed_.reset();
    is_placed_.reset();
    placed_capacity_ = 0;
    pending_.reset();
    inputs_.reset();
    facts_.reset();
    plan_lane_capacity_ = state_capacity_ = ready_capacity_ = ready_words_ = 0;
    pending_capacity_ = input_capacity_ = 0;
    for (auto* points : {&waits, &signals}) std::vector<TimelinePoint>().swap(*points);
    std::vector<ItemTimer>().swap(timers);
  }
  bool timed() const {
    return release != Nanos::min() || plan_base != Nanos::min() || !timers.empty() ||
           give_up_at != Nanos::max();
  }

  // A fault_ that is a reason not to run items, not something to hand on.
  static Fault skip(SubmissionEnd why) { return skips_ + size_t(why); }
  static bool is_skip(Fault fault) {
    return fault >= Fault(skips_) && fault < Fault(skips_ + sizeof(skips_));
  }
  // REQUIRES: is_skip(fault)
  static SubmissionEnd reason(Fault fault) {
    return SubmissionEnd(static_cast<char*>(fault) - skips_);
  }
  // Its items are only counted down from now on. False: something came before.
  bool give_up(SubmissionEnd why) {
    Fault none = nullptr;
    return fault_.compare_exchange_strong(none, skip(why), std::memory_order_seq_cst);
  }
  bool given_up() const { return fault_.load(std::memory_order_seq_cst) != nullptr; }

  struct InputWaiter : Timeline::Waiter {
    Executor* executor = nullptr;
    Submission* submission = nullptr;
    Timeline* timeline = nullptr;
  };
  inline static char skips_[size_t(SubmissionEnd::kRefused) + 1] = {};
  // True when the item has tiles for several lanes, or an accelerator could run it; else whoever
  // clears its ready bit has it.
  bool shared(uint32_t item) const { return shared_[item / 64] >> (item % 64) & 1; }
  // Of an item of one tile without a plan there is no state: it is open while it is ready.
  uint32_t open_tiles(uint32_t item) const {
    return assignment || shared(item) ? states_[item].open_tiles() : 1;
  }
  bool core_only(uint32_t item) const {
    return core_only_[item / 64].load(std::memory_order_relaxed) >> (item % 64) & 1;
  }
  // Lanes that place one item at the same time agree well enough: it is a hint.
  bool placed(uint32_t item) const {
    return is_placed_[item / 64].load(std::memory_order_acquire) >> (item % 64) & 1;
  }
  void put(uint32_t item, const LaneMask& lanes, uint32_t words) {
    for (uint32_t w = 0; w < words; ++w)
      placed_[size_t{item} * words + w].store(lanes.word(w), std::memory_order_relaxed);
    is_placed_[item / 64].fetch_or(1ull << (item % 64), std::memory_order_release);
  }
  // REQUIRES: placed(item)
  LaneMask place_of(uint32_t item, uint32_t words) const {
    LaneMask lanes;
    for (uint32_t w = 0; w < words; ++w)
      lanes.set_word(w, placed_[size_t{item} * words + w].load(std::memory_order_relaxed));
    return lanes;
  }
  // True when only program, data, owner, done and pin are set, so that a Mailbox::Letter
  // says it all.
  bool plain() const {
    return !timed() && !assignment && deadline == Nanos::max() && priority == 0 &&
           criticality == Criticality::kBestEffort && task == TraceEvent::kNoTask && job == 0 &&
           !may_be_shed && !tape && !keeps[0] && !keeps[1] && !scope && waits.empty() &&
           signals.empty();
  }
  bool taped_ = false;                          // the lanes follow `tape`; no states, no bits
  bool asks_ = false;                           // a policy is asked for its items, even when
                                                //   nothing else is in flight
  std::shared_ptr<const std::vector<ItemFacts>> facts_;   // of the program; may be nullptr
  std::unique_ptr<PlanLane[]> plan_lanes_;      // with an assignment
  size_t plan_lane_capacity_ = 0;
  std::atomic<uint32_t> tape_left_{0};          // lanes with operations left
  std::unique_ptr<ItemState[]> states_;         // of shared items; with an assignment of all
  size_t state_capacity_ = 0;
  std::unique_ptr<std::atomic<uint64_t>[]> ready_;   // bit per item: ready, tiles open
  std::unique_ptr<uint64_t[]> shared_;          // bit per item: see shared()
  // Bit per item: it is left to the cores for good. Only with items for accelerators.
  std::unique_ptr<std::atomic<uint64_t>[]> core_only_;
  // Where a policy that places put each item, as words of a LaneMask, and for which it did.
  std::unique_ptr<std::atomic<uint64_t>[]> placed_;
  std::unique_ptr<std::atomic<uint64_t>[]> is_placed_;
  size_t placed_capacity_ = 0;
  // Dependencies not done, of every node. Apart from the states: sixteen to a cache line, so
  // a lane that finishes a batch finds most of what it counts down on lines that it has.
  std::unique_ptr<uint32_t[]> pending_;         // through atomic_ref: copied from the program
  size_t pending_capacity_ = 0;
  size_t ready_words_ = 0;
  size_t ready_capacity_ = 0;
  std::atomic<Fault> fault_{nullptr};
  SubmissionEnd end_ = SubmissionEnd::kDone;
  SharedFault cause_;
  std::unique_ptr<InputWaiter[]> inputs_;
  size_t input_capacity_ = 0;
  // Inputs that are not decided, and threads that keep it from starting; 0: it has started.
  std::atomic<uint32_t> held_{0};
  std::atomic<uint64_t> generation_{0};         // counts completed uses
  uint64_t sequence_ = 0;
  uint64_t start_ticks_ = 0;                    // when the submitter began it; 0: queued
  uint32_t slot_ = 0;
  bool pinned_ = false;                         // `pin` is not empty
  std::vector<uint64_t> sections_;              // of every lane when it was retired
};

}  // namespace takt
