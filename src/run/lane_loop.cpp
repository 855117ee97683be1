#include "run/lane_loop.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "base/clock.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {
namespace {

thread_local LaneLoop* current_loop = nullptr;

uint64_t bit(uint32_t index) { return 1ull << index; }

}  // namespace

LaneLoop* LaneLoop::current() { return current_loop; }

LaneLoop::LaneLoop(Executor& executor, RunLane& lane)
    : executor_(executor), lane_(lane), outer_(current_loop),
      free_running_(executor.options_.policy->free_running()),
      wake_ticks_(ticks_in(tuning::kWakeCost)),
      help_ticks_(ticks_in(tuning::kWorthHelp)),
      chunk_ticks_(ticks_in(tuning::kChunk)),
      grow_ticks_(ticks_in(tuning::kChunkGrow)),
      batch_ticks_(ticks_in(tuning::kBatch)),
      tape_spin_ticks_(ticks_in(tuning::kTapeSpin)) {
  CHECK(outer_ == nullptr);
  current_loop = this;
  lane_.busy_since = ticks();
  if (executor_.options_.enter_lane) executor_.options_.enter_lane(lane_.context, saved_);
}

LaneLoop::~LaneLoop() {
  publish_kept();
  lane_.idle.store(false, std::memory_order_relaxed);
  if (executor_.options_.leave_lane) executor_.options_.leave_lane(lane_.context, saved_);
  current_loop = outer_;
}

// True when `s` is the only submission in flight: its order is the only one that counts.
bool LaneLoop::alone(const Submission& s) const {
  return executor_.used_.load(std::memory_order_relaxed) == bit(s.slot_);
}

// True when any lane may take any ready item of `s` without asking the policy.
bool LaneLoop::runs_free(const Submission& s) const {
  return free_running_ && !s.assignment && !s.pinned_;
}

// True when this lane may take a ready item of `s`, the only submission in flight,
// without asking the policy.
bool LaneLoop::runs_here(const Submission& s, uint32_t item) const {
  if (!free_running_ || s.pinned_ || s.timed()) return false;
  return !s.assignment || s.assignment->items[item].lanes.has(lane_.index);
}

// True when no other lane could share the item's tiles.
bool LaneLoop::exclusive() const { return executor_.lane_count_ == 1; }

bool LaneLoop::step() {
  if (Submission* s = lane_.kept) {
    if (alone(*s)) {
      lane_.kept = nullptr;
      if (lane_.batch.size() == 1) {
        run_chain(*s, lane_.batch[0]);
      } else {
        run_batch(*s);
      }
      return true;
    }
    publish_kept();
  }
  Claim claim;
  lane_.section.fetch_add(1, std::memory_order_seq_cst);
  const bool found = look(&claim);
  lane_.section.fetch_add(1, std::memory_order_release);
  if (!found) {
    if (!idle_since_) {
      idle_since_ = ticks();
      lane_.idle.store(true, std::memory_order_seq_cst);
    }
    return false;
  }
  if (idle_since_) {
    idle_since_ = 0;
    lane_.idle.store(false, std::memory_order_relaxed);
    lane_.busy_since = ticks();
  }
  run(claim);
  return true;
}

bool LaneLoop::look_only() {
  publish_kept();
  lane_.section.fetch_add(1, std::memory_order_seq_cst);
  const bool found = look(nullptr);
  lane_.section.fetch_add(1, std::memory_order_release);
  return found;
}

// Finds and claims something to run (claim == nullptr: only finds). Inside a section.
bool LaneLoop::look(Claim* claim) {
  wait_until_ = Nanos::max();
  expecting_ = false;
  const uint64_t used = executor_.used_.load(std::memory_order_seq_cst);
  if (!used) return false;
  if (!(used & (used - 1))) {
    Submission* s = executor_.slots_[size_t(std::countr_zero(used))].load(
        std::memory_order_seq_cst);
    if (!s) return false;
    if (s->taped_) {
      bool ask = false;
      const bool found = look_tape(*s, &ask);
      if (found && claim) *claim = {.submission = s, .taped = true};
      if (!ask) return found;
    } else if (runs_free(*s) && !s->timed()) {
      return look_alone(*s, claim);
    }
  }
  return look_policy(used, claim);
}

bool LaneLoop::look_policy(uint64_t used, Claim* claim) {
  const bool timed = executor_.timed_.load(std::memory_order_seq_cst) != 0;
  const bool draining = executor_.draining_.load(std::memory_order_relaxed);
  const Nanos now = timed ? monotonic_now() : Nanos(0);
  lane_.candidates.clear();
  lane_.candidate_of.clear();
  for (; used; used &= used - 1) {
    Submission* s = executor_.slots_[size_t(std::countr_zero(used))].load(
        std::memory_order_seq_cst);
    if (!s) continue;
    gather(*s, draining || s->release <= now);
  }
  const LaneView view{lane_.index, executor_.lane_count_,
                      idle_since_ ? nanos_of(ticks() - idle_since_) : Nanos(0)};
  while (!lane_.candidates.empty()) {
    const Decision decision = executor_.options_.policy->choose(view, lane_.candidates, now);
    wait_until_ = decision.wait_until;
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

void LaneLoop::gather(Submission& s, bool released) {
  const Nanos release = released ? Nanos::min() : s.release;
  if (s.taped_) return gather_tape(s, released, release);
  if (s.assignment) {
    // The next operation of the plan on this lane, so that the policy can wait for it.
    const std::vector<uint32_t>& order = s.assignment->by_lane[lane_.index];
    for (uint32_t item : order) {
      if (s.open_tiles(item) == 0) continue;
      const bool ready =
          s.ready_[item / 64].load(std::memory_order_seq_cst) >> (item % 64) & 1;
      if (!ready || !released) add_candidate(s, item, false, release);
      expecting_ |= released && executor_.keeps_lanes_;
      break;
    }
  }
  if (!released) {
    if (!s.assignment) add_candidate(s, 0, false, release);
    return;
  }
  if (s.pin.has(lane_.index)) expecting_ |= executor_.keeps_lanes_;
  uint32_t budget = tuning::kCandidatesPerSubmission;
  for (size_t w = 0; w < s.ready_words_; ++w) {
    for (uint64_t bits = s.ready_[w].load(std::memory_order_seq_cst); bits; bits &= bits - 1) {
      if (budget-- == 0 || lane_.candidates.size() >= tuning::kCandidates) return;
      add_candidate(s, uint32_t(w * 64) + uint32_t(std::countr_zero(bits)), true, release);
    }
  }
}

void LaneLoop::add_candidate(Submission& s, uint32_t item, bool ready, Nanos release) {
  Candidate& c = lane_.candidates.emplace_back();
  lane_.candidate_of.push_back(&s);
  c.submission = s.sequence_;
  c.op = item;
  c.ready = ready;
  c.release = release;
  c.deadline = s.deadline;
  c.criticality = s.criticality;
  c.priority = s.priority;
  if (s.assignment) {
    const PlannedItem& planned = s.assignment->items[item];
    const bool absolute = s.plan_base != Nanos::min();
    c.planned = true;
    c.bound = planned.lanes.has(lane_.index);
    c.owner_idle = executor_.any_idle(planned.lanes, lane_.index);
    c.absolute = absolute;
    // Without a base only the order counts: always due, yet in the plan's order.
    c.start = (absolute ? s.plan_base : Nanos::min()) + planned.start;
    c.duration = planned.duration;
    if (absolute && s.deadline != Nanos::max())
      c.slack = s.deadline - (s.plan_base + s.assignment->end);
  } else if (s.pinned_) {
    c.planned = true;
    c.bound = s.pin.has(lane_.index);
  }
}

// Claims up to `limit` tiles of a ready item; clears its ready bit with the last one.
bool LaneLoop::claim_tiles(Submission& s, uint32_t item, uint32_t limit, uint32_t* first,
                           uint32_t* count) {
  const bool back = lane_.index & 1;
  const uint32_t tiles = s.states_[item].tiles;
  const uint64_t before = s.states_[item].claimed.fetch_add(
      back ? uint64_t(limit) << 32 : limit, std::memory_order_acq_rel);
  const uint64_t front_taken = before & 0xffffffff, back_taken = before >> 32;
  if (front_taken + back_taken >= tiles) return false;
  const uint32_t open = uint32_t(tiles - front_taken - back_taken);
  *count = std::min(limit, open);
  *first = back ? uint32_t(tiles - back_taken) - *count : uint32_t(front_taken);
  if (*count == open)
    s.ready_[item / 64].fetch_and(~bit(item % 64), std::memory_order_acq_rel);
  return true;
}

// Claims an item of one tile: whoever clears its ready bit has it.
bool LaneLoop::claim_single(Submission& s, uint32_t item) {
  if (!(s.ready_[item / 64].fetch_and(~bit(item % 64), std::memory_order_acq_rel) &
        bit(item % 64)))
    return false;
  // Lanes look here for the next operation of the plan.
  if (s.assignment) s.states_[item].claimed.store(1, std::memory_order_relaxed);
  return true;
}

bool LaneLoop::try_claim(Submission& s, uint32_t item, Claim& claim) {
  if (s.taped_) {
    claim = {.submission = &s, .taped = true};
    return true;
  }
  if (!s.shared(item)) {
    if (!claim_single(s, item)) return false;
    lane_.batch.assign(1, item);
    claim = {.submission = &s, .batch = true};
    return true;
  }
  const uint32_t tiles = s.states_[item].tiles;
  const uint32_t open = s.states_[item].open_tiles();
  if (open == 0) return false;
  uint32_t limit = 1;
  if (tiles > 1 && exclusive()) limit = alone(s) ? tiles : 1;
  if (!claim_tiles(s, item, limit, &claim.first, &claim.count)) return false;
  claim.submission = &s;
  claim.item = item;
  claim.more = claim.count < open;
  return true;
}

}  // namespace takt
