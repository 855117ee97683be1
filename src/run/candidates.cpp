// What a lane tells the policy of one submission: the operations that it could start now, or has to
// reckon with.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

// False: the item has a timer that is not due; the lane looks again then.
bool LaneLoop::timer_due(const Submission& s, uint32_t item, Nanos now) {
  for (const ItemTimer& timer : s.timers) {
    if (timer.item != item || timer.due <= now) continue;
    timer_until_ = std::min(timer_until_, timer.due);
    return false;
  }
  return true;
}

void LaneLoop::gather(Submission& s, bool released, Nanos now, uint32_t budget) {
  const Nanos release = released ? Nanos::min() : s.release;
  if (s.taped_) return gather_tape(s, released, release);
  uint32_t own = Program::kNone;
  if (s.assignment) {
    // The next operation of the plan on this lane, so that the policy can wait for it. Always
    // there, however many candidates there are: the order of the plan hangs on it.
    const std::vector<uint32_t>& order = s.assignment->by_lane[lane_.index];
    uint32_t& next = s.plan_lanes_[lane_.index].next;
    while (next < order.size() && s.open_tiles(order[next]) == 0) ++next;
    if (next < order.size()) {
      const uint32_t item = order[next];
      const bool ready =
          s.ready_[item / 64].load(std::memory_order_seq_cst) >> (item % 64) & 1 &&
          timer_due(s, item, now);
      own = item;
      add_candidate(s, item, ready && released, release);
      expecting_ |= released && executor_.bound_;
    }
  }
  if (!released) {
    // A pin is no place in the plan's order: what is planned meanwhile does not wait for it.
    if (s.pinned_) timer_until_ = std::min(timer_until_, release);
    else if (!s.assignment) add_candidate(s, 0, false, release);
    return;
  }
  if (s.pin.has(lane_.index)) expecting_ |= executor_.bound_;
  for (size_t w = 0; w < s.ready_words_; ++w) {
    for (uint64_t bits = s.ready_[w].load(std::memory_order_seq_cst); bits; bits &= bits - 1) {
      const uint32_t item = uint32_t(w * 64) + uint32_t(std::countr_zero(bits));
      if (item == own || !timer_due(s, item, now)) continue;
      if (s.open_tiles(item) == 0) continue;
      if (budget-- == 0) return;
      add_candidate(s, item, true, release);
    }
  }
}

// True when all these lanes are lost and the policy lets others do their work.
bool LaneLoop::abandoned(const LaneMask& lanes) const {
  if (executor_.lost_lanes_.load(std::memory_order_relaxed) == 0) return false;
  return !executor_.keeps_lanes_ && (lanes & executor_.usable_.seen()).empty();
}

void LaneLoop::add_candidate(Submission& s, uint32_t item, bool ready, Nanos release) {
  // What the plan gives to lanes that this one must not help is not its business.
  if (s.assignment && (s.assignment->items[item].lanes & lane_.helps).empty() &&
      !abandoned(s.assignment->items[item].lanes))
    return;
  Candidate& c = lane_.candidates.emplace_back();
  lane_.candidate_of.push_back(&s);
  lane_.candidate_slot.push_back(uint8_t(s.slot_));
  c.submission = s.sequence_;
  c.op = item;
  c.ready = ready;
  c.release = release;
  c.deadline = s.deadline;
  c.criticality = s.criticality;
  c.priority = s.priority;
  if (!s.taped_) {   // a tape has each lane's part in one piece
    c.chunk = tuning::kChunk;
    if (ready) c.open_tiles = std::max(1u, s.open_tiles(item));
  }
  if (s.assignment) {
    add_plan(s, item, c);
  } else if (s.pinned_) {
    c.planned = true;
    c.bound = s.pin.has(lane_.index);
  }
  if (s.facts_) add_facts(s, item, c);
  if (!s.taped_ && ready && s.shared(item)) {
    const Submission::ItemState& state = s.states_[item];
    c.lanes_on = state.unfinished.load(std::memory_order_relaxed) > c.open_tiles;   // one, or more
    if (c.open_tiles < state.tiles) c.duration = c.duration * c.open_tiles / state.tiles;
  }
  if (c.duration > Nanos(0)) c.chunk = std::min(c.chunk, c.duration);
}

void LaneLoop::add_plan(const Submission& s, uint32_t item, Candidate& c) const {
  const PlannedItem& planned = s.assignment->items[item];
  const bool absolute = s.plan_base != Nanos::min();
  c.planned = !abandoned(planned.lanes);
  c.bound = c.planned && planned.lanes.has(lane_.index);
  c.planned_unit = planned.unit;
  add_owners(planned.lanes, c);
  c.absolute = absolute;
  // Without a base only the order counts: always due, yet in the plan's order.
  c.start = (absolute ? s.plan_base : Nanos::min()) + planned.start;
  c.owner_duration = planned.duration;
  if (planned.unit == Unit::kCore) c.duration = planned.duration;
  if (absolute && s.deadline != Nanos::max())
    c.slack = s.deadline - (s.plan_base + s.assignment->end);
}

// A lane that others of this program's work are given to: whether it is idle, or free when.
void LaneLoop::add_owners(const LaneMask& owners, Candidate& c) const {
  c.owner_idle = !(owners & lane_.idle_lanes).empty();
  owners.for_each([&](uint32_t l) {
    if (l < executor_.lane_count_) c.owner_free_at = std::min(c.owner_free_at, lane_.free_at[l]);
  });
}

void LaneLoop::add_facts(const Submission& s, uint32_t item, Candidate& c) const {
  const ItemFacts& facts = (*s.facts_)[item];
  c.kernel = facts.kernel;
  c.remaining = facts.remaining;
  if (c.duration <= Nanos(0)) c.duration = facts.duration;
  if (!facts.on_accelerator || !s.asks_) return;
  // Once cores have begun on it they end it.
  const uint32_t tiles = s.states_[item].tiles;
  if (s.core_only(item) || s.open_tiles(item) != tiles) return;
  Nanos free_at;
  if (accelerator(view_now_, &free_at) == kNoAccelerator || free_at == Nanos::max()) return;
  c.accelerator_duration = facts.accelerator_duration;
  c.accelerator_free = free_at == Nanos::min();
  c.accelerator_free_at = std::max(free_at, view_now_);
}

// The accelerator of this lane that can be had first, and when (AcceleratorUnit::free_at());
// kNone: it drives none.
uint32_t LaneLoop::accelerator(Nanos now, Nanos* free_at) const {
  uint32_t best = kNoAccelerator;
  *free_at = Nanos::max();
  for (const uint32_t index : lane_.accelerators) {
    const Nanos time = executor_.accelerators_[index]->free_at(now);
    if (best != kNoAccelerator && time >= *free_at) continue;
    best = index;
    *free_at = time;
  }
  return best;
}

}  // namespace takt
