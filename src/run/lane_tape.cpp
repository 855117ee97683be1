// LaneLoop along a tape (run/tape.h): what a lane does for a submission whose plan gives it
// every operation in order. Its place on the tape is the lane's own; other lanes only read
// how far it has published. As long as the lane has operations left the submission stays in
// flight, so between two of them no section is needed.
#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

// True when the lane's next operation of `s` has all its inputs. Remembers what it has seen of
// the others, so that a line that its owner writes is read again only when it must be.
bool LaneLoop::inputs_done(Submission& s, const Tape::Op& op) {
  Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  for (const Tape::Wait& wait : s.tape->waits(op)) {
    if (wait.lane == mine.seen_lane && wait.count <= mine.seen_count) continue;
    const uint32_t done = s.plan_lanes_[wait.lane].done.load(std::memory_order_acquire);
    if (done < wait.count) return false;
    mine.seen_lane = wait.lane;
    mine.seen_count = done;
  }
  return true;
}

// The same, but waits a little while the submission is alone: the other lane is about to
// finish in most cases. A thread that serves several lanes never waits for itself.
bool LaneLoop::await_inputs(Submission& s, const Tape::Op& op) {
  if (inputs_done(s, op)) return true;
  if (executor_.roams()) return false;
  for (const uint64_t begin = ticks(); ticks() - begin < tape_spin_ticks_ && alone(s);) {
    for (uint32_t i = 0; i < tuning::kTapePauses; ++i) {
      cpu_relax();
      if (inputs_done(s, op)) return true;
    }
  }
  return false;
}

// True when the plan's time of the operation has come, so that every policy would start it.
bool LaneLoop::due(const Submission& s, const Tape::Op& op) {
  if (s.plan_base == Nanos::min() || s.given_up()) return true;
  const Nanos start = s.plan_base + s.assignment->items[op.item].start;
  if (start <= tape_now_) return true;
  tape_now_ = monotonic_now();
  return start <= tape_now_;
}

// The lane's next operation of the only submission in flight, when there is no choice: it is
// ready and due. `ask`: the policy has to say what the lane does until then.
bool LaneLoop::look_tape(Submission& s, bool* ask) {
  const Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  if (mine.next == mine.end) return false;
  const Tape::Op& op = s.tape->ops(lane_.index)[mine.next];
  if (!released(s) || !due(s, op)) {
    *ask = true;
    return false;
  }
  expecting_ = true;
  return await_inputs(s, op);
}

void LaneLoop::gather_tape(Submission& s, bool released, Nanos release) {
  const Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  if (mine.next == mine.end) return;
  const Tape::Op& op = s.tape->ops(lane_.index)[mine.next];
  expecting_ |= released;
  add_candidate(s, op.item, released && inputs_done(s, op), release);
}

// Runs the lane's next operation, whose inputs are done, and what follows it as long as
// there is no choice. After the lane's last one `s` may be gone.
void LaneLoop::run_tape(Submission& s) {
  Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  const Tape::Op* const ops = s.tape->ops(lane_.index).data();
  const bool timed = s.plan_base != Nanos::min(), traced = lane_.ring != nullptr;
  const bool watched = lane_.watched;
  const uint32_t first = mine.next, end = mine.end;
  uint32_t next = first;
  for (;;) {
    const Tape::Op& op = ops[next];
    const Nanos begin = traced ? monotonic_now() : Nanos(0);
    if (watched) [[unlikely]] lane_.begin_item(s.program->node(op.item).label);
    if (!s.fault_.load(std::memory_order_relaxed)) [[likely]]
      if (const Fault fault = op.run(op.context, s.data, lane_.context, op.first, op.count))
        note_fault(s, fault);
    if (traced) [[unlikely]] record(s, s.program->node(op.item), op.count, begin);
    ++next;
    if (op.published) mine.done.store(next, std::memory_order_release);
    if (next == end || !alone(s)) break;
    if (ops[next].waits != 0 && !await_inputs(s, ops[next])) break;
    if (timed && !due(s, ops[next])) break;
  }
  mine.next = next;
  count_operations(next - first);
  if (next == end && s.tape_left_.fetch_sub(1, std::memory_order_acq_rel) == 1)
    executor_.complete(s);
}

}  // namespace takt
