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

// Items of a chain between two looks at the clock and at other submissions.
constexpr uint64_t kChainItems = 64;

}  // namespace

LaneLoop* LaneLoop::current() { return current_loop; }

LaneLoop::LaneLoop(Executor& executor, RunLane& lane)
    : executor_(executor), lane_(lane), outer_(current_loop),
      free_running_(executor.options_.policy->free_running()),
      wake_ticks_(ticks_in(tuning::kWakeCost)),
      help_ticks_(ticks_in(tuning::kWorthHelp)),
      chunk_ticks_(ticks_in(tuning::kChunk)),
      grow_ticks_(ticks_in(tuning::kChunkGrow)),
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
      const uint32_t item = lane_.kept_item;
      lane_.kept = nullptr;
      run_chain(*s, item);
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

bool LaneLoop::look_alone(Submission& s, Claim* claim) {
  for (size_t w = 0; w < s.ready_words_; ++w) {
    for (uint64_t bits = s.ready_[w].load(std::memory_order_seq_cst); bits; bits &= bits - 1) {
      if (!claim) return true;
      const uint32_t item = uint32_t(w * 64) + uint32_t(std::countr_zero(bits));
      if (!try_claim(s, item, *claim)) continue;
      claim->more = claim->more || (bits & (bits - 1));
      return true;
    }
  }
  return false;
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
      const Submission::ItemState& state = s.states_[item];
      if (state.open_tiles() == 0) continue;
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

bool LaneLoop::try_claim(Submission& s, uint32_t item, Claim& claim) {
  if (s.taped_) {
    claim = {.submission = &s, .taped = true};
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

void LaneLoop::run(const Claim& claim) {
  Submission& s = *claim.submission;
  if (claim.taped) return run_tape(s);
  const Program::Node& node = s.program->node(claim.item);
  if (claim.more) call_help(s);
  const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
  uint32_t executed = claim.count;
  if (node.tiles == 1) {
    execute(s, node, 0, 1);
  } else {
    executed += run_shared(s, claim, node);
  }
  if (lane_.ring) record(s, node, executed, begin);
  if (node.tiles == 1 ||
      s.states_[claim.item].unfinished.fetch_sub(executed, std::memory_order_acq_rel) == executed)
    finish(s, claim.item);
}

// Runs the claimed tiles and claims more of the same item; returns how many more. The
// unfinished tiles of ours keep `s` in flight, so no section is needed. A chunk grows
// while it is cheap: long enough to hide the claim, short enough that a lane which loses
// its cpu holds up little. With others in flight the policy has its say again soon.
uint32_t LaneLoop::run_shared(Submission& s, const Claim& claim, const Program::Node& node) {
  const uint64_t begin = ticks();
  uint64_t start = begin;
  uint32_t first = claim.first, count = claim.count, more = 0;
  for (uint32_t chunk = count;;) {
    execute(s, node, first, count);
    const uint32_t open = s.states_[claim.item].open_tiles();
    if (open == 0) return more;
    const uint64_t now = ticks();
    if (now - begin > chunk_ticks_ && !alone(s)) return more;
    if (now - start < grow_ticks_) chunk *= 2;
    chunk = std::min(chunk, std::max(1u, open / (2 * executor_.lane_count_)));
    start = now;
    if (!claim_tiles(s, claim.item, chunk, &first, &count)) return more;
    more += count;
    if (count < open) call_help(s);
  }
}

// Runs an item that no other lane knows of, and what follows it one by one, as long as
// the submission is alone and there is nothing to share.
void LaneLoop::run_chain(Submission& s, uint32_t item) {
  const Program& program = *s.program;
  const uint64_t only = bit(s.slot_);
  uint64_t count = 1;
  for (;; ++count) {
    const Program::Node& node = program.node(item);
    const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
    // Lanes look here for the next operation of the plan.
    if (s.assignment) s.states_[item].claimed.store(node.tiles, std::memory_order_relaxed);
    execute(s, node, 0, node.tiles);
    if (lane_.ring) [[unlikely]] record(s, node, node.tiles, begin);
    const uint32_t next = node.chain_next;
    if (next == Program::kNone || count == kChainItems ||
        (program.node(next).tiles > 1 && !exclusive()) || !runs_here(s, next) ||
        executor_.used_.load(std::memory_order_relaxed) != only)
      break;
    item = next;
  }
  count_operations(count - 1);
  finish(s, item);
}

void LaneLoop::count_operations(uint64_t count) {
  lane_.operations.store(lane_.operations.load(std::memory_order_relaxed) + count,
                         std::memory_order_relaxed);
}

void LaneLoop::execute(Submission& s, const Program::Node& node, uint32_t first,
                       uint32_t count) {
  if (s.fault_.load(std::memory_order_relaxed)) return;   // failed already: only count down
  const Fault fault = node.run(node.context, s.data, lane_.context, first, count);
  if (fault) [[unlikely]] note_fault(s, fault);
}

// The first fault of a submission is handed to done().
void LaneLoop::note_fault(Submission& s, Fault fault) {
  Fault none = nullptr;
  if (!s.fault_.compare_exchange_strong(none, fault, std::memory_order_acq_rel))
    executor_.options_.drop_fault(fault);
}

// All tiles of `item` are done: releases its successors. Until the last of them is
// published `s` cannot complete, afterwards it must not be touched.
void LaneLoop::finish(Submission& s, uint32_t item) {
  count_operations(1);
  const Program& program = *s.program;
  const uint32_t sink = program.sink();
  lane_.ready_items.clear();
  lane_.joins.clear();
  uint32_t done = item;
  for (;;) {
    for (uint32_t successor : program.successors(program.node(done))) {
      const Program::Node& node = program.node(successor);
      if (node.deps > 1 &&
          s.states_[successor].pending.fetch_sub(1, std::memory_order_acq_rel) != 1)
        continue;
      if (successor == sink) return executor_.complete(s);
      if (node.tiles == 0) {
        lane_.joins.push_back(successor);
      } else {
        lane_.ready_items.push_back(successor);
      }
    }
    if (lane_.joins.empty()) break;
    done = lane_.joins.back();
    lane_.joins.pop_back();
  }
  if (lane_.ready_items.size() == 1 && may_keep(s, lane_.ready_items[0])) {
    lane_.kept = &s;
    lane_.kept_item = lane_.ready_items[0];
  } else if (!lane_.ready_items.empty()) {
    publish_ready(s);
  }
}

// True when the policy, asked now, could only answer "run this item here": the only
// ready item of the only submission, free to run anywhere, with no tiles to share.
bool LaneLoop::may_keep(Submission& s, uint32_t item) const {
  if (!alone(s) || !runs_here(s, item)) return false;
  if (s.program->node(item).tiles > 1 && !exclusive()) return false;
  for (size_t w = 0; w < s.ready_words_; ++w)
    if (s.ready_[w].load(std::memory_order_relaxed)) return false;
  return true;
}

void LaneLoop::publish_ready(Submission& s) {
  std::vector<uint32_t>& items = lane_.ready_items;
  for (size_t i = 0; i < items.size();) {
    const uint32_t word = items[i] / 64;
    uint64_t bits = 0;
    // Successors are nearly always ascending, so one word is one operation.
    for (; i < items.size() && items[i] / 64 == word; ++i) bits |= bit(items[i] % 64);
    s.ready_[word].fetch_or(bits, std::memory_order_seq_cst);
  }
}

void LaneLoop::publish_kept() {
  if (!lane_.kept) return;
  Submission& s = *lane_.kept;
  lane_.kept = nullptr;
  s.ready_[lane_.kept_item / 64].fetch_or(bit(lane_.kept_item % 64), std::memory_order_seq_cst);
}

// Wakes one more lane when that pays. How long the program took before says so; without
// that (or when it takes much longer this time) ski rental: once this stretch of work has
// cost as much as a wake. The lanes of the plan come first.
void LaneLoop::call_help(const Submission& s) {
  if (!executor_.options_.workers) return;
  uint32_t parked = executor_.parked_.next(s.assignment ? s.assignment->lanes : LaneMask(), 0);
  if (parked == LaneMask::kMaxLanes) parked = executor_.parked_.next(executor_.all_lanes_, 0);
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
  TraceEvent event;
  event.kind = TraceEvent::Kind::kOp;
  event.lane = uint16_t(lane_.index);
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
