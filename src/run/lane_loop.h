// LaneLoop: what the owner of a lane does: look for an operation that may start, claim
// tiles of it, run them, and release what waited for them. Lives on the owner's stack;
// one per thread at a time.
#pragma once

#include <cstdint>

#include "base/nanos.h"
#include "run/executor.h"

namespace takt {

class LaneLoop {
 public:
  // REQUIRES: this thread owns `lane` and runs no lane of any executor
  LaneLoop(Executor& executor, RunLane& lane);
  // Tells the others of work only this lane knew of. The lane is still owned.
  ~LaneLoop();

  // Runs one claim. False: nothing may start now.
  bool step();

  // After step() returned false: when the policy wants to be asked again, and whether
  // the lane must stay awake because operations bound to it wait for their inputs.
  Nanos wait_until() const { return wait_until_; }
  bool expecting() const { return expecting_; }

  // Worker only: runs the next letter of the lane's mailbox; false: there is none.
  bool read_mail();
  Mailbox& mail() { return lane_.mail; }

  Executor& executor() const { return executor_; }
  // The loop of the calling thread, or nullptr.
  static LaneLoop* current();

 private:
  struct Claim {
    Submission* submission = nullptr;
    uint32_t item = 0;
    uint32_t first = 0;
    uint32_t count = 0;
    bool more = false;    // something else could run on another lane
    bool batch = false;   // the items of the lane's batch
    bool taped = false;   // the lane's next operation on the submission's tape
    Unit unit = Unit::kCore;
    Nanos began;          // with an expected duration: when the lane looked
    Nanos expected;       // of what was chosen; 0: unknown
  };
  static constexpr uint32_t kNoAccelerator = UINT32_MAX;
  static uint64_t bit(uint32_t index) { return 1ull << index; }

  // lane_loop.cpp: what may start, and claims
  bool look(Claim* claim);
  bool try_claim(Submission& s, uint32_t item, Claim& claim, Unit unit = Unit::kCore);
  bool claim_whole(Submission& s, uint32_t item);
  bool claim_single(Submission& s, uint32_t item);
  bool claim_tiles(Submission& s, uint32_t item, uint32_t limit, uint32_t* first,
                   uint32_t* count);
  bool alone(const Submission& s) const;
  bool released(const Submission& s) const;
  bool runs_free(const Submission& s) const;
  bool runs_here(const Submission& s, uint32_t item) const;
  bool runs_whole(const Submission& s) const;

  // lane_ask.cpp: asking the policy
  bool look_policy(uint64_t used, Nanos told_to_wait, Claim* claim);
  void note_pause(Nanos told_to_wait, Nanos now);
  bool look_given_up(Submission& s, Claim* claim);
  bool view_holds() const;
  bool look_at_all(uint64_t used, Nanos told_to_wait, Claim* claim);
  bool look_at_last();
  bool choose(Claim* claim);
  bool in_flight(size_t candidate) const;
  void drop_candidate(size_t index);
  LaneView look_around(Nanos now);
  void note_replan(ReplanReason reason);
  void load_lanes(Nanos now);
  void add_load(const LaneMask& lanes, const Candidate& c);
  void place_candidates(Nanos now, size_t first);
  bool to_be_placed(size_t candidate) const;
  void note_choice(const Decision& decision, Claim* claim);

  // candidates.cpp: what it is told
  void gather(Submission& s, bool released, Nanos now, uint32_t budget);
  bool timer_due(const Submission& s, uint32_t item, Nanos now);
  bool abandoned(const LaneMask& lanes) const;
  void forget_candidates(const Submission& of);
  void add_candidate(Submission& s, uint32_t item, bool ready, Nanos release);
  void add_plan(const Submission& s, uint32_t item, Candidate& c) const;
  void add_facts(const Submission& s, uint32_t item, Candidate& c) const;
  void add_owners(const LaneMask& owners, Candidate& c) const;
  uint32_t accelerator(Nanos now, Nanos* free_at) const;

  // lane_tape.cpp: following a plan
  bool inputs_done(Submission& s, const Tape::Op& op);
  bool await_inputs(Submission& s, const Tape::Op& op);
  bool due(const Submission& s, const Tape::Op& op);
  bool look_tape(Submission& s, bool* ask);
  void gather_tape(Submission& s, bool released, Nanos release);
  void run_tape(Submission& s);

  // lane_batch.cpp: items of one tile, several at once or one after the other
  bool look_alone(Submission& s, Claim* claim);
  bool claim_in_word(Submission& s, uint32_t word, uint64_t bits, Claim& claim);
  void run_batch(Submission& s);
  void run_chain(Submission& s, uint32_t item);
  uint32_t run_plain_chain(Submission& s, uint32_t item);
  uint32_t run_any_chain(Submission& s, uint32_t item);
  void hand_out(Submission& s);
  size_t may_keep(const Submission& s) const;
  void publish_ready(Submission& s, std::span<const uint32_t> items);
  void publish_kept();

  // lane_run.cpp: running a claim, and releasing what waited for it
  void run(const Claim& claim);
  void run_expected(const Claim& claim);
  uint32_t run_shared(Submission& s, const Claim& claim, const Program::Node& node);
  void drive(Submission& s, const Claim& claim);
  void leave_to_cores(Submission& s, uint32_t item);
  void execute(Submission& s, const Program::Node& node, uint32_t first, uint32_t count);
  void note_fault(Submission& s, Fault fault);
  void finish(Submission& s, std::span<const uint32_t> items);
  bool count_off(Submission& s, uint32_t node, uint32_t times);
  void release(Submission& s, uint32_t node, uint32_t times);
  void count_operations(uint64_t count);
  void call_help(const Submission& s);
  void record(const Submission& s, const Program::Node& node, uint32_t tiles, Nanos begin);

  Executor& executor_;
  RunLane& lane_;
  LaneLoop* outer_;
  Nanos wait_until_ = Nanos::max();
  Nanos timer_until_ = Nanos::max();   // the next item timer of the last look
  bool expecting_ = false;
  // What the policy was told last, beside lane_.candidates, and when.
  LaneView view_;
  Nanos view_now_;
  uint64_t view_ticks_ = 0;
  uint64_t view_published_ = UINT64_MAX;   // of published_ before that; UINT64_MAX: nothing holds
  uint32_t view_budget_ = 0;
  uint32_t last_slot_ = 0;                 // of the submission that the lane chose from it last
  Submission* last_ = nullptr;
  uint64_t last_sequence_ = 0;
  Nanos told_to_wait_ = Nanos::max();  // when, by the last look; max(): it was not
  uint64_t idle_since_ = 0;      // ticks; 0: the last step found work
  const bool free_running_;
  uint64_t wake_ticks_;
  uint64_t help_ticks_;
  uint64_t chunk_ticks_;
  uint64_t grow_ticks_;
  uint64_t batch_ticks_;
  uint64_t view_ticks_max_;
  uint64_t tape_spin_ticks_;
  Nanos tape_now_ = Nanos::min();   // a time that has been
  uint64_t saved_[2] = {0, 0};
};

}  // namespace takt
