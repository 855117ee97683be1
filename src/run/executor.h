// Executor: runs submissions on lanes, in real time. Any thread may submit.
//
// Threads: each lane has at most one owner: its worker, or a thread that submits or
// waits (donation). The bit of a lane in parked_ is its token: set, nobody owns the lane
// and its worker sleeps on wake_word; whoever clears the bit owns the lane. A donor just
// runs; a waker clears the bit and bumps wake_word, which hands the lane to its worker.
//
// Invariants
// 1. An item starts when all its dependencies are done and its submission is released.
// 2. Every tile is claimed once (fetch_add on ItemState::claimed); done() runs once.
// 3. Work in flight always has an awake lane, a lane whose sleep ends in time, or an
//    inline submitter: publish (seq_cst), then look at parked_; lanes set their bit in
//    parked_ (seq_cst), then look for work.
// 4. A submission is reused only when every lane that was inside a section when it was
//    retired has left it (quiescent-state reclamation). A claim protects it as well.
#pragma once

#include <array>
#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/lane_mask.h"
#include "base/result.h"
#include "dispatch/policy.h"
#include "run/accelerator_unit.h"
#include "run/lane.h"
#include "run/lane_tokens.h"
#include "run/submission.h"
#include "run/topology.h"
#include "run/watchdog.h"

namespace takt {

class LaneLoop;
class Reaction;

struct ExecutorOptions {
  std::vector<int> cpus{-1};           // one lane each; -1: not pinned
  Topology topology;                   // of these lanes; empty: all equally near
  // Per lane: whose planned operations it may take when the policy says so; empty: anybody's.
  std::vector<LaneMask> helps;
  std::vector<AcceleratorSpec> accelerators;   // what lanes drive, of their clusters
  uint32_t base_lane = 0;              // first lane number in traces: executors in one process
  size_t stack_bytes = 0;              // of each worker; 0: as the system has it
  size_t scratch_bytes = 0;            // local memory of each lane, first touched by its worker
  const Policy* policy = nullptr;      // required
  bool workers = true;                 // false: only donated threads run anything
  bool inline_submit = true;
  uint32_t trace_capacity = 0;         // events per lane; 0: off
  bool realtime = false;               // SCHED_FIFO for the workers
  bool lock_memory = false;            // mlockall(): no page fault after start
  Nanos timer_slack{-1};               // how late the kernel may wake a worker; < 0: as it is
  // A lane that owns work and makes no progress for this long is reported; 0: nobody watches.
  Nanos watch_bound{0};
  // Called by the watch thread, once when a lane stops and once when it moves again.
  std::function<void(const LaneReport&)> lane_report;
  // The policy asks for a new plan (again when it has stopped asking between). Called by a lane
  // that looks for work: takes note, and neither waits nor submits.
  std::function<void(ReplanReason)> replan;
  void (*drop_fault)(Fault) = nullptr; // frees a fault that did not win; required
  // Called when a thread starts or stops running a lane (floating point modes).
  void (*enter_lane)(LaneContext&, uint64_t (&saved)[2]) = nullptr;
  void (*leave_lane)(LaneContext&, const uint64_t (&saved)[2]) = nullptr;
};

struct ExecutorStatistics {
  uint64_t submissions = 0;
  uint64_t operations = 0;
  uint64_t inline_submissions = 0;
  uint64_t wakes = 0;
  uint64_t trace_dropped = 0;
  uint64_t replans = 0;                // asked for by the policy
  std::vector<AcceleratorStatistics> accelerators;   // in the order of the options
};

// Names one use of a submission, for ever.
struct SubmissionHandle {
  Submission* submission = nullptr;
  uint64_t generation = 0;
};

class Executor {
 public:
  static constexpr uint32_t kMaxLanes = LaneMask::kMaxLanes;

  // REQUIRES: 1 to kMaxLanes cpus; topology and helps, when given, are for as many lanes
  explicit Executor(const ExecutorOptions& options);
  // Cancels what waits for timeline points, runs what else is in flight (release times and
  // timers no longer count), then stops the workers.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // A submission to fill in; must be submitted or abandoned.
  Submission* acquire();
  void abandon(Submission* submission);
  // Lanes of its pin or plan that are not there are ignored.
  SubmissionHandle submit(Submission* submission);
  // Ends it as kCancelled as soon as the tiles that run now are through. False: it has ended,
  // or ends otherwise; the handle may be older than anything.
  bool cancel(const SubmissionHandle& handle);

  // Runs work on a free lane until `done(arg)` or `deadline`; gives up early when no lane
  // is free or there is nothing to do for a while. True when done.
  bool donate(bool (*done)(void*), void* arg, Nanos deadline);

  // Frees what submissions that are not in flight hold beyond their own size, and the scratch
  // memory of parked lanes; it comes back when it is needed. Returns how many of both.
  size_t trim();

  // Helps until nothing is in flight.
  void wait_idle();

  uint32_t lanes() const { return lane_count_; }
  bool has_workers() const { return options_.workers; }
  const std::vector<int>& cpus() const { return options_.cpus; }
  const Policy& policy() const { return *options_.policy; }
  bool traced() const { return options_.trace_capacity > 0; }
  // The cpu each worker was on once it was set up; -1: a lane without a worker.
  std::vector<int> seen_cpus() const;
  // Lanes that the watch has not found lost.
  LaneMask usable_lanes() const { return usable_.seen(); }
  // Empty, or what the system did not grant and what the watch has found.
  std::string warning() const;
  ExecutorStatistics statistics() const;
  // Takes an accelerator that was given up after too many faults into use again.
  void restore_accelerator(uint32_t index);
  // One caller at a time.
  void drain_trace(const std::function<void(const TraceEvent&)>& sink);

 private:
  friend class LaneLoop;
  // executor.cpp: submissions in flight
  bool post(Submission& submission);
  void keep_spare(Submission* submission);
  void prepare(Submission& submission);
  void prepare_tape(Submission& submission);
  void prepare_items(Submission& submission);
  void prepare_places(Submission& submission);
  void publish(Submission& submission);
  void publish_late(Submission& submission);
  void complete(Submission& submission);
  // inputs.cpp: what comes before the start and after the end of a submission
  void start(Submission& submission, bool may_run_here);
  bool start_is_held(Submission& submission);
  void input_decided(Submission& submission, PointState state, const Timeline& timeline);
  void withdraw(Submission& submission);
  void let_go(Submission& submission);
  void cancel_held();
  void conclude(Submission& submission);
  void retire(Submission& submission);
  bool quiescent(const Submission& submission) const;
  void ensure_progress(const LaneMask& needs, Nanos start, Nanos now, bool lane_thread);

  // worker.cpp: threads and the ownership of lanes
  void worker_main(RunLane& lane);
  void set_up_worker(RunLane& lane);
  void lock_memory();
  uint64_t work(LaneLoop& loop);
  void sleep_until_owned(RunLane& lane, uint32_t word, Nanos until);
  RunLane* take_parked_lane(const LaneMask& among, const RunLane* after);
  // A parked lane that `lane` should wake: one of `planned` before others, then the nearest;
  // kMaxLanes when there is none.
  uint32_t lane_to_wake(const RunLane& lane, const LaneMask* planned) const;
  void give_back(RunLane& lane);
  void wake(uint32_t index);
  void run_on(RunLane& lane, Submission& submission, uint64_t generation);
  bool donate_as(RunLane& lane, bool (*done)(void*), void* arg, Nanos deadline);
  // Without workers a thread must serve lane after lane when operations are bound to them.
  bool roams() const { return !options_.workers && bound_; }
  void spin_for_mail(LaneLoop& loop, uint64_t seen);
  bool idle() const;
  void record_idle(RunLane& lane, Nanos since);

  // watch.cpp
  void start_watch();
  void stop_watch();
  void watch_main();
  void tell_watch(LaneReport& report, Nanos now, Reaction& reaction);
  void follow(Reaction& reaction, Nanos now);

  // True when a lane among these, other than `except`, is awake and looks for work.
  bool any_idle(const LaneMask& among, uint32_t except) const;
  void warn(const std::string& text);

  ExecutorOptions options_;
  uint32_t lane_count_ = 0;
  LaneMask all_lanes_;
  bool keeps_lanes_ = false;
  bool places_ = false;
  // Some operations run on some lanes only: it is not enough that any lane is awake.
  bool bound_ = false;
  std::unique_ptr<RunLane[]> lanes_;
  std::vector<std::unique_ptr<AcceleratorUnit>> accelerators_;

  static constexpr uint32_t kSlots = 64;
  alignas(64) std::atomic<uint64_t> used_{0};        // slots in use
  std::array<std::atomic<Submission*>, kSlots> slots_{};
  alignas(64) LaneTokens parked_;                    // and who waits for what comes next
  std::atomic<uint64_t> published_{0};               // counts what lanes should look at
  std::atomic<bool> stop_{false};
  std::atomic<bool> draining_{false};                // release times no longer count
  alignas(64) std::atomic<uint64_t> next_sequence_{1};
  std::atomic<uint32_t> timed_{0};                   // timed submissions in flight
  std::atomic<uint32_t> waiting_{0};                 // in overflow_
  std::atomic<uint64_t> in_flight_{0};
  std::atomic<uint32_t> visitors_{0};                // threads of others that start submissions
  std::atomic<uint32_t> set_up_{0};                  // workers that are pinned and running
  std::atomic<uint64_t> inline_submissions_{0};
  std::atomic<uint64_t> replans_{0};

  LaneTokens usable_;                                // there: the lane is not lost
  std::atomic<uint32_t> lost_lanes_{0};
  WorkerThread watch_;
  std::atomic<uint32_t> watch_stop_{0};

  // One that is free and reset, and that no lane has ever seen or can still see; nullptr: none.
  alignas(64) std::atomic<Submission*> spare_{nullptr};
  std::mutex pool_mutex_;                            // once per submission, never per item
  std::deque<Submission*> pool_;                     // retired, oldest first
  std::vector<std::unique_ptr<Submission>> all_;
  std::deque<Submission*> overflow_;                 // beyond kSlots, in order
  mutable std::mutex warning_mutex_;
  std::string warning_;
};

}  // namespace takt
