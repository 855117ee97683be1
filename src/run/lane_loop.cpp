#include "run/lane_loop.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/check.h"
#include "base/clock.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {
namespace {

thread_local LaneLoop* current_loop = nullptr;

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
      view_ticks_max_(ticks_in(tuning::kView)),
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

bool LaneLoop::released(const Submission& s) const {
  return s.release == Nanos::min() || executor_.draining_.load(std::memory_order_relaxed) ||
         s.given_up() || s.release <= monotonic_now();
}

// True when any lane may take any ready item of `s` without asking the policy.
bool LaneLoop::runs_free(const Submission& s) const {
  return free_running_ && !s.assignment && !s.asks_;
}

// True when this lane may take a ready item of `s`, the only submission in flight,
// without asking the policy.
bool LaneLoop::runs_here(const Submission& s, uint32_t item) const {
  if (!free_running_ || s.asks_) return false;
  if (!s.assignment) return true;
  return s.plan_base == Nanos::min() && s.release == Nanos::min() &&
         s.assignment->items[item].lanes.has(lane_.index);
}

// True when the lane runs all tiles of an item of `s` at once: no other lane could share them,
// and what comes meanwhile waits no longer than kChunk.
bool LaneLoop::runs_whole(const Submission& s) const {
  if (executor_.lane_count_ != 1) return false;
  const uint64_t typical = s.program->typical_ticks();
  return typical > 0 && typical < chunk_ticks_;
}

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
      if (lane_.busy_until_ns.load(std::memory_order_relaxed) != 0)
        lane_.busy_until_ns.store(0, std::memory_order_relaxed);
      lane_.idle.store(true, std::memory_order_seq_cst);
    }
    return false;
  }
  if (idle_since_) {
    idle_since_ = 0;
    lane_.idle.store(false, std::memory_order_relaxed);
    lane_.busy_since = ticks();
  }
  if (claim.expected > Nanos(0)) {
    run_expected(claim);
  } else {
    run(claim);
  }
  return true;
}

// Finds and claims something to run. Inside a section.
bool LaneLoop::look(Claim* claim) {
  wait_until_ = Nanos::max();
  expecting_ = false;
  const uint64_t used = executor_.used_.load(std::memory_order_seq_cst);
  const Nanos told_to_wait = std::exchange(told_to_wait_, Nanos::max());
  if (!used) return false;
  if (!(used & (used - 1))) {
    Submission* s = executor_.slots_[size_t(std::countr_zero(used))].load(
        std::memory_order_seq_cst);
    if (!s) return false;
    if (s->taped_) {
      bool ask = false;
      const bool found = look_tape(*s, &ask);
      if (found) *claim = {.submission = s, .taped = true};
      if (!ask) return found;
    } else if (runs_free(*s) && released(*s)) {
      return look_alone(*s, claim);
    }
  }
  return look_policy(used, told_to_wait, claim);
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

// Claims all of an item for an accelerator, as long as nobody has begun on it.
bool LaneLoop::claim_whole(Submission& s, uint32_t item) {
  Submission::ItemState& state = s.states_[item];
  uint64_t none = 0;
  if (!state.claimed.compare_exchange_strong(none, state.tiles, std::memory_order_acq_rel))
    return false;
  if (s.core_only(item)) {   // it has been there and back since this lane looked
    leave_to_cores(s, item);
    return false;
  }
  s.ready_[item / 64].fetch_and(~bit(item % 64), std::memory_order_acq_rel);
  return true;
}

bool LaneLoop::try_claim(Submission& s, uint32_t item, Claim& claim, Unit unit) {
  if (unit == Unit::kAccelerator) {
    if (!claim_whole(s, item)) return false;
    claim = {.submission = &s, .item = item, .count = s.states_[item].tiles, .unit = unit};
    return true;
  }
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
  if (tiles > 1 && runs_whole(s) && alone(s)) limit = tiles;
  if (!claim_tiles(s, item, limit, &claim.first, &claim.count)) return false;
  claim.submission = &s;
  claim.item = item;
  claim.more = claim.count < open;
  return true;
}

}  // namespace takt
