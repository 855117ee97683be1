// Engine: one simulation while it runs. Lanes, jobs and operations are flat arrays that are
// filled in anew whenever a job is submitted; a task has at most one job in flight, so an
// operation of the window has at most one state. Split by topic: engine.cpp (the loop and the
// disturbances), engine_jobs.cpp (life of a job), engine_lanes.cpp (when a lane asks and what it
// starts), engine_candidates.cpp (what it is told), engine_ops.cpp (how work progresses),
// engine_accelerators.cpp (who has one),
// engine_reaction.cpp (what is noticed of disturbances, and when), engine_planner.cpp (what plans
// say, and when new ones are made).
//
// Progress of an operation (progress.h) is worked off by the lanes on it together; their rate
// changes when one comes, leaves, stops or is slowed.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/lane_mask.h"
#include "dispatch/accelerator.h"
#include "dispatch/reaction.h"
#include "dispatch/steadiness.h"
#include "dispatch/triggers.h"
#include "sim/arrivals.h"
#include "sim/disturbance.h"
#include "sim/progress.h"
#include "sim/simulator.h"
#include "sim/slot_clock.h"
#include "sim/tuning.h"

namespace takt {

class Engine {
 public:
  Engine(const SimInput& input, const SimOptions& options, Disturbances disturbances);
  SimResult run();

 private:
  static constexpr uint32_t kNone = SimOp::kNone;

  enum class OpStatus : uint8_t { kWaiting, kOpen, kDone };

  struct OpRun {
    OpStatus status = OpStatus::kWaiting;
    bool on_accelerator = false;
    bool is_placed = false;
    bool rate_changed = false;     // lanes came at this very moment
    uint32_t pending = 0;          // inputs that are not done
    uint32_t site = 0;             // of its first lane
    uint32_t lanes_on = 0;         // working on it, those that are stopped included
    uint32_t held_by = 0;          // lanes that stopped with a part of it in hand
    uint32_t slot = kNone;         // of the clock, while lanes are on it
    uint32_t stretch = Jitter::kOne;
    uint64_t remaining = kWhole;   // that no stopped lane holds
    Nanos updated;                 // when `remaining` was right; later: it begins then
    Nanos full;                    // of all of it, by the lanes that work now; 0: nobody
    Nanos expected_end;            // as the input's durations and the speeds noticed say
    uint32_t asked = kNone;        // accelerator that it waits for, has been granted or uses
    bool hangs = false;            // on an accelerator that will never be done
    Nanos ready_at, done_at;
    LaneMask on;                   // lanes that work, without the stopped ones
    LaneMask placed;
    Nanos placed_share;            // of its work, on each of those lanes
  };

  // What a plan says of an operation.
  struct OpPlan {
    bool planned = false;
    Unit unit = Unit::kCore;
    Nanos start, duration;         // start: absolute
    LaneMask lanes;                // cores only
    uint32_t width = 0;            // of them
  };

  struct JobRun {
    int64_t window = -1;           // of its latest activation
    bool due = false;              // its release has passed
    bool arrived = false;          // ... and its inputs are there
    bool ended = true;             // outcome recorded
    bool shed = false;             // nothing of it begins any more
    bool aborted = false;          // ... since it is late: it ends as missed
    uint32_t graph_left = 0, ops_left = 0, running = 0;
    uint32_t first_word = 0, words = 0;   // of ready_
    uint32_t ordered = 0;          // planned operations, in order_ from its first operation's on
    uint64_t sequence = 0, number = 0;
    Nanos base, release, deadline;
    Nanos delay;                   // of its release, against the planned one
  };

  struct TaskRun {
    uint32_t current = kNone;      // job in flight
    uint32_t open = 0;             // operations of it
    uint64_t next = 0;             // number of the next job
  };

  // An accelerator and who may use it: operations, by their index.
  struct Accelerator {
    uint32_t lane = kNone;
    uint32_t driver = kNone;       // lane that runs the holder; kNone while that has not begun
    Nanos out_until;               // no reset helps before; max(): none ever does
    AcceleratorManager manager;
  };

  struct LaneRun {
    uint32_t op = kNone;
    uint32_t accelerator = kNone;  // that it drives
    uint32_t stops = 0;            // reasons to stand still
    uint32_t open = 0;             // operations that it may run; where lanes help each other:
                                   // that others leave to it while it is idle
    uint32_t waiting = 0;          // of its rows_, those that wait
    uint64_t refused = 0;          // epoch_ of its latest question, if that changed nothing
    Nanos stopped;                 // when the first of them came
    Steadiness steadiness;
    bool gone = false;             // taken away
    bool usable = true;            // as Reaction has it
    uint32_t last_kernel = 0;
    uint64_t last_submission = 0;
    uint64_t held = 0;             // part of the operation, while stopped
    uint64_t done = 0;             // part of the operation, since `since`
    Nanos since;                   // began the operation, or became idle
    Nanos queued;                  // placed here and not begun
    Nanos busy;
  };

  // A lane that asks.
  struct Asker {
    uint32_t lane, pool;
    uint32_t word;                 // of a LaneMask, its bit in it
    uint64_t bit;
    bool in(const LaneMask& lanes) const { return lanes.word(word) & bit; }
  };

  // The first operation of a job that the plan gives to a lane and that is not claimed.
  struct PlannedNext {
    uint32_t open = kNone;         // it may be claimed any time
    uint32_t row = kNone;          // it waits: where it is in rows_
  };

  // engine.cpp
  void settle();
  void settle_rates();
  void handle(uint32_t slot);
  void disturb(const Disturbance& what);
  void stop(uint32_t lane);
  void go(uint32_t lane);
  void lose(uint32_t lane);
  void bring_back(uint32_t lane);
  void set_speed(const Disturbance& what);
  void change_rates(uint32_t pool);
  void timed();
  void finish_unfinished();
  void mix(uint64_t value);

  // engine_jobs.cpp
  void activate_next(uint32_t task);
  void submit(uint32_t task, uint32_t job);
  std::optional<uint32_t> announce_next(uint32_t task);
  bool sheds(uint32_t task, uint32_t job) const;
  void await_other_job(uint32_t op, uint32_t cross);
  void other_job_done(const SimEdge& edge, uint32_t transfer, uint32_t site);
  void stop_waiting(uint32_t cross);
  void at_time(Nanos time, uint32_t what);
  void release_due(uint32_t task);
  void end_job(uint32_t job, JobOutcome outcome);
  void drop_job(uint32_t job);
  void drop_triggered(uint32_t job);
  bool trigger_dropped(uint32_t job) const;
  void abort_late(uint32_t job);
  static JobOutcome outcome_of_dropped(const JobRun& job) {
    return job.aborted ? JobOutcome::kMissed : JobOutcome::kShed;
  }
  bool waits_in(uint32_t job, int64_t window) const;
  void end_dropped(uint32_t job);
  void input_done(uint32_t op, Nanos delay, uint32_t transfer, uint32_t site);
  void note_arrival(uint32_t op, Nanos delay, uint32_t transfer, uint32_t site, Nanos end);
  void inputs_done(uint32_t op);
  void open(uint32_t op);
  void offer(uint32_t op);
  const LaneMask& owners_of(uint32_t op) const;
  LaneMask lanes_for(uint32_t op) const;
  void count_open(uint32_t op, uint32_t by);
  void withdraw(uint32_t op);
  void wake(uint32_t op);
  Nanos late_by(const JobRun& job, uint32_t task) const;
  TraceEvent job_event(TraceEvent::Kind kind, uint32_t job) const;

  // engine_lanes.cpp
  void ask(uint32_t lane);
  LaneView view_of(uint32_t lane) const;
  void look_around(uint32_t lane, LaneView& view) const;
  Nanos first_free(uint32_t lane) const;
  void carry_out(uint32_t lane, std::span<const Candidate> candidates, const Decision& decision);
  void start(uint32_t lane, uint32_t op, Unit unit, bool has_choice);
  void note_deviation(uint32_t lane, uint32_t op, Unit unit);
  void stay_idle(uint32_t lane, Nanos wait_until, bool refused);
  bool may_switch(uint32_t lane);
  bool at_boundary(uint32_t lane) const;
  void ask_at_boundary(uint32_t lane);
  // Of what has begun, those that nobody works on.
  uint32_t tiles_left(uint32_t op) const;
  // How long a lane on it asks nothing.
  Nanos chunk(uint32_t op) const {
    const OpRun& run = ops_[op];
    return std::max(run.full * int64_t(run.lanes_on - run.held_by) /
                        int64_t(input_.ops[op].tiles),
                    sim_tuning::kChunk);
  }
  void make_idle(uint32_t lane);
  void not_idle(uint32_t lane);

  // engine_candidates.cpp
  Candidate known_of(uint32_t op) const;
  std::span<const Candidate> gather(uint32_t lane);
  void place(uint32_t op);
  Asker asker(uint32_t lane) const {
    return {lane, input_.pool_of[lane], lane / 64, uint64_t{1} << lane % 64};
  }
  [[gnu::always_inline]] inline uint32_t add_open(const Asker& asker, uint32_t task,
                                                  uint32_t count);
  Nanos alone(uint32_t pool, uint32_t op) const;
  [[gnu::always_inline]] inline bool tell_of(const Asker& asker, uint32_t op,
                                             Candidate& c) const;
  void tell_of_waiting(uint32_t lane, uint32_t op, Candidate& c) const;
  [[gnu::always_inline]] inline void tell_expected(const Asker& asker, uint32_t op,
                                                   Candidate& c) const;
  [[gnu::always_inline]] inline void add_owners(const LaneMask& owners, Candidate& c) const;
  void refresh(uint32_t lane, uint32_t task);
  uint32_t planned_next(uint32_t lane, uint32_t job);
  bool is_claimed(uint32_t op) const;
  uint32_t add_accelerators_next(uint32_t lane, uint32_t count);
  void add_waiting(uint32_t lane, uint32_t task, uint32_t op);
  void drop_waiting(uint32_t lane, uint32_t task);
  void renew_rows(uint32_t task);
  void renew_row(uint32_t lane, uint32_t task) {
    stale_[lane * task_words_ + task / 64] |= uint64_t{1} << task % 64;
  }
  bool is_told_of(uint32_t lane, uint32_t task) const {
    const LaneMask& pin = input_.tasks[task].pin;
    return !keeps_lanes_ || pin.empty() || pin.has(lane);
  }
  Candidate* rows_of(uint32_t lane) { return &rows_[size_t{lane} * row_count_]; }
  uint32_t count_of(const LaneMask& lanes) const {
    uint32_t count = 0;
    for_lanes(lanes, [&](uint32_t) { ++count; });
    return count;
  }
  // As LaneMask::for_each, but over the words that lanes of this SoC can be in.
  template <class F>
  [[gnu::always_inline]] void for_lanes(const LaneMask& lanes, F f) const {
    for (uint32_t w = 0; w < lane_words_; ++w)
      for (uint64_t rest = lanes.word(w); rest; rest &= rest - 1)
        f(w * 64 + uint32_t(std::countr_zero(rest)));
  }

  // engine_accelerators.cpp
  void add_accelerators();
  void add_accelerator(uint32_t op, Candidate& c) const;
  AcceleratorRequest request_of(uint32_t op) const;
  void queue_for_accelerator(uint32_t op);
  uint32_t take_accelerator(uint32_t op);
  void give_up_accelerator(uint32_t op);
  void apply(Accelerator& accelerator, const AcceleratorChange& change);
  void drop_holder(Accelerator& accelerator, uint32_t op);
  void take_back_grants();
  void fail(const Disturbance& what);
  void repair(uint32_t lane);
  void hang(uint32_t lane);
  void poll(Accelerator& accelerator);
  void set_poll(const Accelerator& accelerator);

  // engine_reaction.cpp
  void beat();
  void react();
  void carry_out(const ReactionStep& step);
  void ask_for_plan(uint32_t lane);
  bool nothing_can_happen();

  // engine_planner.cpp
  void start_planner(Nanos last);
  void planner_due();
  void check_triggers();
  void begin_plan();
  void stop_planning();
  void plan_over();
  void adopt(const WindowPlan& plan);
  void follow(uint32_t job, const PlannedJob& planned);
  void plan_job(uint32_t job);
  void set_plan(uint32_t op, const OpPlan& plan);
  void order_job(uint32_t job);
  Conditions conditions() const;
  WindowState window_state() const;
  bool comes(uint32_t task, uint64_t number) const;
  bool is_active(uint32_t task, Nanos release) const;

  // engine_ops.cpp
  void put_on(uint32_t lane, uint32_t op);
  void take_off(uint32_t lane, uint32_t op);
  void join(uint32_t lane, uint32_t op);
  void leave(uint32_t lane);
  void progress(uint32_t op);
  void reschedule(uint32_t op);
  template <class SpeedPct>
  Nanos nominal(uint32_t op, SpeedPct speed_pct);
  template <class SpeedPct>
  Nanos core_duration(uint32_t op, SpeedPct speed_pct);
  void finish(uint32_t slot);
  void complete(uint32_t op);
  void detach(uint32_t lane);
  void vacate(uint32_t op);
  void record_segment(uint32_t lane);
  void record(TraceEvent event);
  void record_decision(TraceDecision decision, uint32_t lane, uint32_t op, uint32_t job);

  uint32_t ready_slot() const { return lanes_count_; }
  uint32_t disturbance_slot() const { return lanes_count_ + 1; }
  uint32_t release_slot(uint32_t task) const { return lanes_count_ + 2 + task; }
  uint32_t ask_slot(uint32_t lane) const { return lanes_count_ + 2 + tasks_count_ + lane; }
  uint32_t reaction_slot() const { return ask_slot(lanes_count_); }
  uint32_t poll_slot(uint32_t accelerator) const { return reaction_slot() + 1 + accelerator; }
  uint32_t planner_slot() const { return poll_slot(uint32_t(accelerators_.size())); }

  const SimInput& input_;
  const SimOptions& options_;
  const Policy& policy_;
  const Disturbances disturbances_;
  const Arrivals arrivals_of_jobs_;
  const uint32_t lanes_count_, tasks_count_;
  const uint32_t pools_count_, lane_words_, task_words_, row_count_;
  const bool keeps_lanes_, places_, looks_around_;
  const bool has_plans_;                   // there is one, or one may be made
  Nanos now_;
  SlotClock clock_;
  std::vector<OpRun> ops_;
  std::vector<JobRun> jobs_;
  std::vector<TaskRun> tasks_;
  std::vector<LaneRun> lanes_;
  std::vector<Accelerator> accelerators_;
  std::vector<uint32_t> accelerator_of_;   // per lane
  uint32_t untaken_ = 0;                   // accelerators granted to what has not begun
  Reaction reaction_;
  Nanos next_beat_;
  std::vector<Nanos> backlogs_;            // scratch of beat
  std::vector<uint32_t> speed_pct_;        // per pool; Reaction has what is known of it
  bool speeds_known_ = true;
  std::vector<Nanos> arrivals_;            // [op][site]: when its data is there
  std::vector<uint64_t> ready_;            // bit per operation of a job: open
  std::vector<OpPlan> plans_;              // per operation
  std::vector<uint32_t> order_;            // per job its planned operations in the plan's order
  std::vector<uint32_t> cursors_;          // [job][lane]: in that
  Triggers triggers_;
  const WindowPlan* window_plan_ = nullptr;   // in force; null: that of the input
  Nanos next_boundary_, planned_until_;
  Nanos last_boundary_;                    // nothing is released from then on
  Nanos planner_lead_;                     // how long a plan takes to make, about
  bool planning_ = false, plan_there_ = false;   // there, though slices are left
  bool replan_ = false;                    // as soon as can be: something has happened
  std::vector<char> cross_waits_;          // per SimInput::crosses: not there yet
  std::vector<uint32_t> cross_reader_;     // ... and who waits
  std::vector<uint32_t> free_slots_, slot_op_;
  std::vector<std::pair<Nanos, uint32_t>> timed_;   // a heap; operations, crosses, jobs
  std::vector<uint32_t> rate_changed_;     // operations
  std::vector<Candidate> known_;           // per operation: what lanes have no part in
  std::vector<Candidate> rows_;            // [lane][row_count_]: what waits, then what is open
  uint32_t open_rows_ = 0;                 // of the latest question
  std::vector<PlannedNext> planned_next_;  // [lane][task]
  std::vector<uint64_t> stale_;            // [lane]: bit per task: its planned_next_
  std::vector<uint64_t> open_tasks_;       // bit per task: something of it is open
  uint64_t epoch_ = 1;                     // since when a question has the same answer
  std::vector<uint16_t> pool_lanes_on_;    // [op][pool]: of OpRun::on
  std::vector<Nanos> free_at_;             // per lane: expected end of what it runs; max(): nothing
  std::vector<LaneLoad> loads_;
  LaneMask idle_;                          // without work, stopped ones included
  uint32_t idle_count_ = 0;
  LaneMask dirty_;                         // something changed for them
  LaneMask later_;                         // ... when those have been asked
  LaneMask sharing_;                       // on an operation that may be left
  uint32_t open_count_ = 0;
  uint32_t tasks_over_ = 0;                // that have no job left
  size_t next_disturbance_ = 0;
  uint64_t sequence_ = 0;
  SimResult result_;
};

inline uint32_t Engine::tiles_left(uint32_t index) const {
  const OpRun& op = ops_[index];
  const uint64_t tiles = input_.ops[index].tiles;
  if (op.on_accelerator || op.remaining == 0) return 0;
  // Between events the work goes on: what is left now, not at the last change.
  const Nanos elapsed = std::max(now_ - op.updated, Nanos(0));
  const uint64_t left =
      op.remaining - (op.full > Nanos(0) ? std::min(op.remaining, part_done(op.full, elapsed)) : 0);
  const uint64_t open = (left * tiles + kWhole - 1) / kWhole;
  const uint64_t taken = op.lanes_on - op.held_by;
  return open > taken ? uint32_t(open - taken) : 0;
}

}  // namespace takt
