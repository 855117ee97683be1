// What a lane tells the policy: the operations of all submissions in flight that it could start
// now, or has to reckon with; and what it does with the answer.
#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {

bool LaneLoop::look_policy(uint64_t used, Claim* claim) {
  const bool draining = executor_.draining_.load(std::memory_order_relaxed);
  const Nanos now = monotonic_now();
  lane_.candidates.clear();
  lane_.candidate_of.clear();
  timer_until_ = Nanos::max();
  for (; used; used &= used - 1) {
    Submission* s = executor_.slots_[size_t(std::countr_zero(used))].load(
        std::memory_order_seq_cst);
    if (!s) continue;
    if (s->given_up() && look_given_up(*s, claim)) return true;
    gather(*s, draining || s->release <= now, draining ? Nanos::max() : now);
  }
  wait_until_ = timer_until_;
  LaneView view{lane_.index, executor_.lane_count_,
                idle_since_ ? nanos_of(ticks() - idle_since_) : Nanos(0)};
  view.others_idle = executor_.any_idle(executor_.all_lanes_, lane_.index);   // one, or more
  while (!lane_.candidates.empty()) {
    const Decision decision = executor_.options_.policy->choose(view, lane_.candidates, now);
    wait_until_ = std::min(decision.wait_until, timer_until_);
    if (decision.shed >= 0 && lane_.candidate_of[size_t(decision.shed)]->may_be_shed) {
      Submission& shed = *lane_.candidate_of[size_t(decision.shed)];
      shed.give_up(SubmissionEnd::kCancelled);
      if (look_given_up(shed, claim)) return true;
      forget_candidates(shed);
      continue;
    }
    if (decision.candidate < 0) return false;
    if (!claim) return true;
    const size_t chosen = size_t(decision.candidate);
    Submission& s = *lane_.candidate_of[chosen];
    DCHECK(lane_.candidates[chosen].ready);
    if (try_claim(s, lane_.candidates[chosen].op, *claim)) {
      claim->more = claim->more || (!claim->taped && lane_.candidates.size() > 1);
      return true;
    }
    // Another lane took its last tile meanwhile.
    lane_.candidates.erase(lane_.candidates.begin() + long(chosen));
    lane_.candidate_of.erase(lane_.candidate_of.begin() + long(chosen));
  }
  return false;
}

// Nothing of `s` runs any more: no policy has to be asked who counts it down, and when.
bool LaneLoop::look_given_up(Submission& s, Claim* claim) {
  if (!s.taped_) return look_alone(s, claim);
  const Submission::PlanLane& mine = s.plan_lanes_[lane_.index];
  if (mine.next == mine.end) return false;
  expecting_ = true;
  if (!inputs_done(s, s.tape->ops(lane_.index)[mine.next])) return false;
  if (claim) *claim = {.submission = &s, .taped = true};
  return true;
}

void LaneLoop::forget_candidates(const Submission& of) {
  for (size_t i = lane_.candidates.size(); i-- > 0;) {
    if (lane_.candidate_of[i] != &of) continue;
    lane_.candidates.erase(lane_.candidates.begin() + long(i));
    lane_.candidate_of.erase(lane_.candidate_of.begin() + long(i));
  }
}

// False: the item has a timer that is not due; the lane looks again then.
bool LaneLoop::timer_due(const Submission& s, uint32_t item, Nanos now) {
  for (const ItemTimer& timer : s.timers) {
    if (timer.item != item || timer.due <= now) continue;
    timer_until_ = std::min(timer_until_, timer.due);
    return false;
  }
  return true;
}

void LaneLoop::gather(Submission& s, bool released, Nanos now) {
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
  uint32_t budget = tuning::kCandidatesPerSubmission;
  for (size_t w = 0; w < s.ready_words_; ++w) {
    for (uint64_t bits = s.ready_[w].load(std::memory_order_seq_cst); bits; bits &= bits - 1) {
      const uint32_t item = uint32_t(w * 64) + uint32_t(std::countr_zero(bits));
      if (item == own || !timer_due(s, item, now)) continue;
      if (budget-- == 0 || lane_.candidates.size() >= tuning::kCandidates) return;
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
  c.submission = s.sequence_;
  c.op = item;
  if (!s.taped_) {   // a tape has each lane's part in one piece
    if (ready) c.open_tiles = std::max(1u, s.open_tiles(item));
    c.chunk = tuning::kChunk;
  }
  c.ready = ready;
  c.release = release;
  c.deadline = s.deadline;
  c.criticality = s.criticality;
  c.priority = s.priority;
  if (s.assignment) {
    const PlannedItem& planned = s.assignment->items[item];
    const bool absolute = s.plan_base != Nanos::min();
    c.planned = !abandoned(planned.lanes);
    c.bound = c.planned && planned.lanes.has(lane_.index);
    c.owner_idle = executor_.any_idle(planned.lanes, lane_.index);
    c.absolute = absolute;
    // Without a base only the order counts: always due, yet in the plan's order.
    c.start = (absolute ? s.plan_base : Nanos::min()) + planned.start;
    c.duration = c.owner_duration = planned.duration;
    if (absolute && s.deadline != Nanos::max())
      c.slack = s.deadline - (s.plan_base + s.assignment->end);
  } else if (s.pinned_) {
    c.planned = true;
    c.bound = s.pin.has(lane_.index);
  }
}

}  // namespace takt
