// LaneLoop, second half: running what was claimed and releasing what waited for it.
#include <algorithm>

#include "base/clock.h"
#include "run/accelerator_unit.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

void LaneLoop::run(const Claim& claim) {
  Submission& s = *claim.submission;
  if (claim.taped) return run_tape(s);
  if (claim.more) call_help(s);
  if (claim.batch) return run_batch(s);
  if (claim.unit == Unit::kAccelerator) return drive(s, claim);
  const Program::Node& node = s.program->node(claim.item);
  const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
  const uint32_t executed = claim.count + run_shared(s, claim, node);
  if (lane_.ring) record(s, node, executed, begin);
  if (s.states_[claim.item].unfinished.fetch_sub(executed, std::memory_order_acq_rel) == executed)
    finish(s, {&claim.item, 1});
}

// A claim of which the policy knew how long it takes: others may reckon with that, and the lane
// sees whether it lost its cpu meanwhile.
void LaneLoop::run_expected(const Claim& claim) {
  const Nanos began = claim.began, expected = claim.expected;
  lane_.busy_until_ns.store((began + expected).ns, std::memory_order_relaxed);
  run(claim);
  const Nanos now = monotonic_now();
  lane_.steadiness.observe(expected, now - began, now);
  lane_.tell_steadiness();
}

// The whole item on an accelerator, if the lane gets it and it works; else the cores do it.
void LaneLoop::drive(Submission& s, const Claim& claim) {
  const ItemFacts& facts = (*s.facts_)[claim.item];
  const Program::Node& node = s.program->node(claim.item);
  bool done = s.fault_.load(std::memory_order_relaxed) != nullptr;   // only to be counted down
  if (!done) {
    const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
    Nanos free_at;
    const uint32_t index = accelerator(claim.began, &free_at);
    AcceleratorUnit& unit = *executor_.accelerators_[index];
    if (lane_.watched) [[unlikely]] lane_.begin_item(node.label);
    if (unit.acquire({.user = lane_.index, .criticality = s.criticality, .priority = s.priority,
                      .duration = facts.accelerator_duration, .core_duration = facts.duration})) {
      const Fault fault = facts.on_accelerator(node.context, s.data, lane_.context,
                                               AcceleratorUse(unit, index, lane_.index));
      done = unit.release(lane_.index, fault != nullptr);
      if (fault) executor_.options_.drop_fault(fault);
      if (done && lane_.ring) record(s, node, node.tiles, begin);
    }
  }
  if (!done) return leave_to_cores(s, claim.item);
  s.states_[claim.item].unfinished.store(0, std::memory_order_relaxed);
  finish(s, {&claim.item, 1});
}

// Gives all tiles of a claimed item back; then `s` may end any time. Claims that others try before
// the last store find no tile, and are real ones after it.
void LaneLoop::leave_to_cores(Submission& s, uint32_t item) {
  s.core_only_[item / 64].fetch_or(bit(item % 64), std::memory_order_relaxed);
  s.ready_[item / 64].fetch_or(bit(item % 64), std::memory_order_seq_cst);
  s.states_[item].claimed.store(0, std::memory_order_seq_cst);
  executor_.published_.fetch_add(1, std::memory_order_seq_cst);
}

bool LaneLoop::read_mail() {
  const Mailbox::Letter* letter = lane_.mail.next();
  if (!letter) return false;
  Submission& s = lane_.letter;
  s.program = letter->program;
  s.data = letter->data;
  s.owner = letter->owner;
  s.done = letter->done;
  const Program::Node& node = s.program->node(0);
  const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
  if (lane_.watched) [[unlikely]] lane_.begin_item(node.label);
  const Fault fault = node.run(node.context, s.data, lane_.context, 0, 1);
  if (lane_.ring) record(s, node, 1, begin);
  count_operations(1);
  s.end_ = fault ? SubmissionEnd::kFault : SubmissionEnd::kDone;
  s.done(s, fault);
  lane_.mail.took();
  return true;
}

// Runs the claimed tiles and claims more of the same item; returns how many more. The
// unfinished tiles of ours keep `s` in flight, so no section is needed. A chunk grows
// while it is cheap: long enough to hide the claim, short enough that a lane which loses
// its cpu holds up little. With others in flight the policy has its say again soon, and at
// once when one more comes.
uint32_t LaneLoop::run_shared(Submission& s, const Claim& claim, const Program::Node& node) {
  const uint64_t begin = ticks();
  const uint64_t seen = executor_.published_.load(std::memory_order_relaxed);
  uint64_t start = begin;
  uint32_t first = claim.first, count = claim.count, more = 0;
  for (uint32_t chunk = count;;) {
    execute(s, node, first, count);
    const uint32_t open = s.states_[claim.item].open_tiles();
    if (open == 0) return more;
    const uint64_t now = ticks();
    // What came meanwhile may be more urgent: it waits for this tile, not for the item.
    if (!alone(s) && (now - begin > chunk_ticks_ ||
                      executor_.published_.load(std::memory_order_relaxed) != seen))
      return more;
    if (now - start < grow_ticks_) chunk *= 2;
    chunk = std::min(chunk, std::max(1u, open / (2 * executor_.lane_count_)));
    start = now;
    if (!claim_tiles(s, claim.item, chunk, &first, &count)) return more;
    more += count;
    if (count < open) call_help(s);
  }
}

void LaneLoop::count_operations(uint64_t count) {
  lane_.operations.store(lane_.operations.load(std::memory_order_relaxed) + count,
                         std::memory_order_relaxed);
}

void LaneLoop::execute(Submission& s, const Program::Node& node, uint32_t first,
                       uint32_t count) {
  if (s.fault_.load(std::memory_order_relaxed)) return;   // failed already: only count down
  if (lane_.watched) [[unlikely]] lane_.begin_item(node.label);
  const Fault fault = node.run(node.context, s.data, lane_.context, first, count);
  if (fault) [[unlikely]] note_fault(s, fault);
}

// The first fault of a submission is handed to done().
void LaneLoop::note_fault(Submission& s, Fault fault) {
  Fault none = nullptr;
  if (!s.fault_.compare_exchange_strong(none, fault, std::memory_order_acq_rel))
    executor_.options_.drop_fault(fault);
}

// All tiles of these items are done: releases what waits for them. Until the last of that is
// published `s` cannot complete, afterwards it must not be touched.
void LaneLoop::finish(Submission& s, std::span<const uint32_t> items) {
  count_operations(items.size());
  const Program& program = *s.program;
  lane_.ready_items.clear();
  lane_.joins.clear();
  uint32_t successor = Program::kNone, times = 0;
  const auto count_down = [&](uint32_t done) {
    for (const uint32_t next : program.successors(program.node(done))) {
      if (next == successor) {
        ++times;
        continue;
      }
      release(s, successor, times);
      successor = next;
      times = 1;
    }
  };
  for (const uint32_t item : items) count_down(item);
  for (;;) {
    if (successor == program.sink()) {
      if (count_off(s, successor, times)) return executor_.complete(s);
    } else {
      release(s, successor, times);
    }
    successor = Program::kNone;
    if (lane_.joins.empty()) break;
    const uint32_t join = lane_.joins.back();
    lane_.joins.pop_back();
    count_down(join);
  }
  hand_out(s);
}

// Counts `times` done predecessors off; true when none is left. A node all of whose
// predecessors are in one batch needs no counter.
bool LaneLoop::count_off(Submission& s, uint32_t node, uint32_t times) {
  return s.program->node(node).deps == times ||
         std::atomic_ref(s.pending_[node]).fetch_sub(times, std::memory_order_acq_rel) == times;
}

void LaneLoop::release(Submission& s, uint32_t node, uint32_t times) {
  if (node == Program::kNone || !count_off(s, node, times)) return;
  if (s.program->node(node).tiles == 0) {
    lane_.joins.push_back(node);
  } else {
    lane_.ready_items.push_back(node);
  }
}

// Wakes one more lane when that pays. How long the program took before says so; without
// that (or when it takes much longer this time) ski rental: once this stretch of work has
// cost as much as a wake. The lanes of the plan come first, then near ones.
void LaneLoop::call_help(const Submission& s) {
  if (!executor_.options_.workers) return;
  const LaneMask* planned = s.assignment ? &s.assignment->lanes : nullptr;
  const uint32_t parked = executor_.lane_to_wake(lane_, planned);
  if (parked == LaneMask::kMaxLanes) return;
  const uint64_t now = ticks();
  const uint64_t typical = s.start_ticks_ ? s.program->typical_ticks() : 0;
  const uint64_t spent = now - lane_.busy_since;
  const bool pays = typical > help_ticks_ ? now - s.start_ticks_ + help_ticks_ < typical ||
                                                spent > wake_ticks_
                    : typical > 0         ? spent > 2 * help_ticks_
                                          : spent > wake_ticks_;
  if (!pays) return;
  lane_.busy_since = now;
  if (executor_.any_idle(executor_.all_lanes_, lane_.index)) return;
  executor_.wake(parked);
}

void LaneLoop::record(const Submission& s, const Program::Node& node, uint32_t tiles,
                      Nanos begin) {
  if (s.given_up()) return;   // counted down, not run
  TraceEvent event;
  event.kind = TraceEvent::Kind::kOp;
  event.lane = uint16_t(executor_.options_.base_lane + lane_.index);
  event.value = uint16_t(std::min(tiles, 0xffffu));
  event.task = s.task;
  event.op = node.label;
  event.region = s.program->region;
  event.job = s.job;
  event.begin = begin;
  event.end = monotonic_now();
  lane_.ring->push(event);
}

}  // namespace takt
