// MovablePlan: a schedule as a partial order, for search: every lane has its operations in
// order, and each operation starts as early as its predecessors, the operations before it on
// its lanes, and its floor allow. Operations can be taken out and put elsewhere; the others
// are pushed right or slide left, and only what moves costs time. The partial-order schedules
// of Godard, Laborie and Nuijten (2005), with lanes in place of their chains.
//
// Changes are made in trials: begin(), then take_out(), put(), set_floor(), settle(), and then
// either undo() or the next begin(). One thread.
//
// Invariant outside trials: the schedule is valid. Inside, when no push is under way: so it is
// but for operations that are out, which have a start (the latest that pushes nothing) but no
// lanes. So every order of starts is an order of the constraints, which the heaps rely on.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

class MovablePlan {
 public:
  MovablePlan(const Problem& problem, Nanos handoff);

  // Takes over a schedule; what could start earlier slides left, but for the last operations of
  // tasks with a jitter limit, whose floors are set to where they are. REQUIRES: it is valid.
  void load(const Schedule& schedule);

  const Problem& problem() const { return problem_; }
  const Schedule& schedule() const { return schedule_; }
  Nanos handoff() const { return handoff_; }
  Nanos start(uint32_t op) const { return schedule_.start[op]; }
  Nanos end(uint32_t op) const { return schedule_.start[op] + duration_[op]; }
  Nanos duration(uint32_t op) const { return duration_[op]; }
  uint32_t mode(uint32_t op) const { return schedule_.mode[op]; }
  Nanos floor(uint32_t op) const { return floor_[op]; }
  std::span<const uint32_t> lanes(uint32_t op) const {
    return schedule_.lanes_of(problem_, op);
  }
  bool is_out(uint32_t op) const { return out_[op]; }
  // Operations on a lane in order of start, committed ones not among them.
  std::span<const uint32_t> on_lane(uint32_t lane) const { return sequence_[lane]; }

  static constexpr uint32_t kNone = ~0u;
  // The operation before and after on the i-th of its lanes, or kNone.
  uint32_t before(uint32_t op, uint32_t i) const { return prev_[problem_.lane_slot(op) + i]; }
  uint32_t after(uint32_t op, uint32_t i) const { return next_[problem_.lane_slot(op) + i]; }
  // When `arc.op`, a predecessor of `op`, lets it start.
  Nanos told(const Arc& arc, uint32_t op) const {
    return end(arc.op) + problem_.lag(arc, site_[arc.op], site_[op]);
  }
  // Index into on_lane() of the first operation that starts at `at` or later.
  size_t first_from(uint32_t lane, Nanos at) const;

  // Opens a trial. When more than `moves_max` operations had to be pushed it has gone too far:
  // put() and set_floor() do nothing more, and only undo() is allowed.
  void begin(size_t moves_max);
  bool too_far() const { return too_far_; }
  // Sorts `ops` by start. REQUIRES: distinct, none committed, none out.
  void take_out(std::span<uint32_t> ops);
  // Puts `op` before all that starts at `cut` or later on these lanes, as early as it can be,
  // and pushes what is in its way. REQUIRES: it is out, its predecessors are not, and `cut` is
  // after the start of each of them and at most cut_limit(op).
  void put(uint32_t op, uint32_t mode, std::span<const uint32_t> lanes, Nanos cut);
  // From now on `op` does not start before `floor`.
  void set_floor(uint32_t op, Nanos floor);
  // What was given room slides left. REQUIRES: nothing is out.
  void settle();
  void undo();

  // The operations that the trial changed, and what they were before.
  std::span<const uint32_t> touched() const { return touched_; }
  Nanos old_start(uint32_t op) const { return old_start_[op]; }
  uint32_t old_mode(uint32_t op) const { return old_mode_[op]; }

  // The earliest start of a successor.
  Nanos cut_limit(uint32_t op) const;
  // The earliest start >= at of a gap of `duration` on the lane, Nanos::max() if after `bound`.
  Nanos gap_on(uint32_t lane, Nanos at, Nanos duration, Nanos bound) const;
  // The earliest start >= at on the lane before all that starts at `cut` or later, which is in
  // nobody's way but theirs.
  Nanos start_before(uint32_t lane, Nanos cut, Nanos at, Nanos duration) const;
  // End of what runs before `at` on the lane.
  Nanos idle_since(uint32_t lane, Nanos at) const;

  static constexpr Nanos kFar = Nanos(INT64_MAX / 4);    // after every plan

 private:
  Nanos open(uint32_t lane, Nanos at, Nanos duration) const;   // skips what is closed
  uint32_t slot_of(uint32_t op, uint32_t lane) const;
  Nanos earliest(uint32_t op) const;
  bool lanes_within(uint32_t op, uint32_t other) const;
  void touch(uint32_t op);
  void link(uint32_t op, Nanos cut);
  void unlink(uint32_t op);
  void set_mode(uint32_t op, uint32_t mode);
  void enqueue(uint32_t op);
  uint32_t dequeue();
  // What follows on its lanes, and its successors, as far as an end of `op` at `until` binds them.
  void enqueue_after(uint32_t op, Nanos until);
  void push();
  bool settled() const;                        // everything is in and as early as it can be

  const Problem& problem_;
  const Nanos handoff_;
  Schedule schedule_;
  std::vector<Nanos> duration_, floor_;
  std::vector<uint32_t> site_;
  std::vector<char> out_;
  std::vector<std::vector<uint32_t>> sequence_;      // per lane
  std::vector<uint32_t> next_, prev_;                // by slot: an operation, or kNone
  std::vector<char> keeps_floor_;                    // may end late to end evenly
  Nanos closed_until_;                               // on any lane

  // The trial.
  std::vector<uint32_t> touched_, taken_, relaxed_;
  std::vector<uint64_t> touched_at_, queued_at_;     // stamps
  uint64_t trial_ = 0, queue_ = 0;
  std::vector<Nanos> old_start_, old_floor_;
  std::vector<uint32_t> old_mode_, old_lanes_;
  std::vector<std::pair<Nanos, uint32_t>> heap_;
  size_t moves_left_ = 0;
  bool too_far_ = false;
};

}  // namespace takt
