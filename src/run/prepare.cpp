// What a submission needs before lanes may look at it: counts, bits, places on tapes. Arrays of
// earlier uses are used again.
#include <algorithm>

#include "base/check.h"
#include "run/executor.h"

namespace takt {

void Executor::prepare(Submission& s) {
  s.fault_.store(nullptr, std::memory_order_relaxed);
  s.pinned_ = !s.pin.empty();
  s.sequence_ = next_sequence_.fetch_add(1, std::memory_order_relaxed);
  const bool drives = s.program->uses_accelerators() && !accelerators_.empty();
  s.asks_ = s.pinned_ || drives || !s.timers.empty() || s.give_up_at != Nanos::max();
  s.taped_ = s.tape && s.assignment && keeps_lanes_ && !s.asks_;
  if (s.facts_ || s.program->facts()) s.facts_ = s.program->facts();
  if (s.assignment && s.plan_lane_capacity_ < lane_count_) {
    s.plan_lanes_ = std::make_unique<Submission::PlanLane[]>(lane_count_);
    s.plan_lane_capacity_ = lane_count_;
  }
  if (s.taped_) {
    prepare_tape(s);
  } else {
    prepare_items(s);
  }
}

void Executor::prepare_tape(Submission& s) {
  CHECK(s.tape->lanes() <= lane_count_);
  uint32_t left = 0;
  for (uint32_t l = 0; l < lane_count_; ++l) {
    Submission::PlanLane& lane = s.plan_lanes_[l];
    lane.done.store(0, std::memory_order_relaxed);
    lane.next = lane.seen_lane = lane.seen_count = 0;
    lane.end = l < s.tape->lanes() ? uint32_t(s.tape->ops(l).size()) : 0;
    left += lane.end != 0;
  }
  s.tape_left_.store(left, std::memory_order_relaxed);
  s.ready_words_ = 0;
}

void Executor::prepare_items(Submission& s) {
  const Program& program = *s.program;
  const size_t items = program.items(), nodes = program.nodes().size();
  if (nodes > s.pending_capacity_) {
    s.pending_ = std::make_unique<uint32_t[]>(nodes);
    s.pending_capacity_ = nodes;
  }
  std::copy(program.deps().begin(), program.deps().end(), s.pending_.get());
  s.ready_words_ = (items + 63) / 64;
  if (s.ready_words_ > s.ready_capacity_) {
    s.ready_ = std::make_unique<std::atomic<uint64_t>[]>(s.ready_words_);
    s.shared_ = std::make_unique<uint64_t[]>(s.ready_words_);
    s.core_only_.reset();
    s.ready_capacity_ = s.ready_words_;
  }
  for (size_t w = 0; w < s.ready_words_; ++w) {
    s.ready_[w].store(0, std::memory_order_relaxed);
    s.shared_[w] = 0;
  }
  for (uint32_t root : program.roots()) {
    std::atomic<uint64_t>& word = s.ready_[root / 64];
    word.store(word.load(std::memory_order_relaxed) | 1ull << (root % 64),
               std::memory_order_relaxed);
  }
  for (uint32_t item : program.shared_items()) s.shared_[item / 64] |= 1ull << (item % 64);
  if (places_ && !s.assignment && !s.pinned_) prepare_places(s);
  if (program.uses_accelerators()) {
    if (!s.core_only_) s.core_only_ = std::make_unique<std::atomic<uint64_t>[]>(s.ready_capacity_);
    for (size_t w = 0; w < s.ready_words_; ++w)
      s.core_only_[w].store(0, std::memory_order_relaxed);
  }
  if (!s.assignment && program.shared_items().empty()) return;
  if (items > s.state_capacity_) {
    s.states_ = std::make_unique<Submission::ItemState[]>(items);
    s.state_capacity_ = items;
  }
  const auto reset = [&](uint32_t item) {
    Submission::ItemState& state = s.states_[item];
    state.claimed.store(0, std::memory_order_relaxed);
    state.tiles = program.node(item).tiles;
    state.unfinished.store(state.tiles, std::memory_order_relaxed);
  };
  if (s.assignment) {
    for (uint32_t l = 0; l < lane_count_; ++l) s.plan_lanes_[l].next = 0;
    for (uint32_t item = 0; item < items; ++item) reset(item);
  } else {
    for (uint32_t item : program.shared_items()) reset(item);
  }
}

// Nothing is placed yet; whoever first looks at an item that is ready asks the policy.
void Executor::prepare_places(Submission& s) {
  const size_t items = s.program->items(), words = (items + 63) / 64;
  if (items > s.placed_capacity_) {
    s.placed_ = std::make_unique<std::atomic<uint64_t>[]>(items * ((lane_count_ + 63) / 64));
    s.is_placed_ = std::make_unique<std::atomic<uint64_t>[]>(words);
    s.placed_capacity_ = items;
  }
  for (size_t w = 0; w < words; ++w) s.is_placed_[w].store(0, std::memory_order_relaxed);
}

}  // namespace takt
