// LaneLoop among items of one tile that no policy has to choose from: which of the ready ones
// a lane takes, runs as a batch or a chain, keeps to itself, and tells the others of.
#include <algorithm>
#include <bit>
#include <utility>

#include "base/clock.h"
#include "run/lane_loop.h"
#include "run/ticks.h"
#include "run/tuning.h"

namespace takt {
namespace {

// Items of a chain between two looks at the clock and at other submissions.
constexpr uint64_t kChainItems = 64;

}  // namespace

// Looks for ready items of the only submission, where this lane found some last and then
// in order: even lanes upwards, odd ones downwards. Items of one tile are claimed several at
// once, a lane's share of those in sight at most (guided self-scheduling: Polychronopoulos and
// Kuck 1987).
bool LaneLoop::look_alone(Submission& s, Claim* claim) {
  const uint32_t words = uint32_t(s.ready_words_);
  const bool back = lane_.index & 1;
  uint32_t word = lane_.ready_hint < words ? lane_.ready_hint : 0;
  for (uint32_t n = 0; n < words; ++n) {
    const uint64_t bits = s.ready_[word].load(std::memory_order_seq_cst);
    if (bits) {
      lane_.ready_hint = word;
      if (claim_in_word(s, word, bits, *claim)) return true;
    }
    word = back ? (word == 0 ? words : word) - 1 : (word + 1 == words ? 0 : word + 1);
  }
  return false;
}

bool LaneLoop::claim_in_word(Submission& s, uint32_t word, uint64_t bits, Claim& claim) {
  const bool back = lane_.index & 1;
  const uint64_t single = bits & ~s.shared_[word];
  if (!single) {
    for (uint64_t rest = bits; rest; rest &= rest - 1) {
      const uint32_t item = word * 64 + uint32_t(std::countr_zero(rest));
      if (!try_claim(s, item, claim)) continue;
      claim.more = claim.more || (rest & (rest - 1));
      return true;
    }
    return false;
  }
  const uint32_t lanes = executor_.lane_count_;
  uint32_t take = std::min(lane_.batch_limit,
                           (uint32_t(std::popcount(single)) + lanes - 1) / lanes);
  uint64_t wanted = 0;
  for (uint64_t rest = single; take > 0; --take) {
    const uint64_t next = back ? std::bit_floor(rest) : rest & -rest;
    wanted |= next;
    rest &= ~next;
  }
  uint64_t got = s.ready_[word].fetch_and(~wanted, std::memory_order_acq_rel) & wanted;
  if (!got) return false;
  lane_.batch.clear();
  for (; got; got &= got - 1) lane_.batch.push_back(word * 64 + uint32_t(std::countr_zero(got)));
  claim = {.submission = &s, .more = (bits & ~wanted) != 0, .batch = true};
  return true;
}

// The items of lane_.batch, which are this lane's, one after the other, and then what waited
// for them: so a counter or a word of ready bits that several of them share is touched once.
// The next batch is larger as long as one takes less than kBatch.
void LaneLoop::run_batch(Submission& s) {
  const Program& program = *s.program;
  const size_t count = lane_.batch.size();
  const uint64_t start = ticks();
  for (const uint32_t item : lane_.batch) {
    const Program::Node& node = program.node(item);
    const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
    if (s.assignment) s.states_[item].claimed.store(node.tiles, std::memory_order_relaxed);
    execute(s, node, 0, node.tiles);
    if (lane_.ring) [[unlikely]] record(s, node, node.tiles, begin);
  }
  const uint64_t took = ticks() - start;
  if (took > 2 * batch_ticks_) {
    lane_.batch_limit = std::max(1u, lane_.batch_limit / 2);
  } else if (took < batch_ticks_ && count >= lane_.batch_limit) {
    lane_.batch_limit = std::min(tuning::kBatchItems, 2 * lane_.batch_limit);
  }
  lane_.done.swap(lane_.batch);
  finish(s, lane_.done);
}

// Runs an item that no other lane knows of, and what follows it one by one, as long as
// the submission is alone and there is nothing to share.
void LaneLoop::run_chain(Submission& s, uint32_t item) {
  const uint32_t last = runs_free(s) && !lane_.ring && !lane_.watched ? run_plain_chain(s, item)
                                                    : run_any_chain(s, item);
  finish(s, {&last, 1});
}

// The common case in as few instructions as it takes: no plan, no trace. Returns the last
// item it ran.
uint32_t LaneLoop::run_plain_chain(Submission& s, uint32_t item) {
  const Program::Node* const nodes = s.program->nodes().data();
  const uint64_t only = bit(s.slot_);
  const uint32_t tiles_max = runs_whole(s) ? UINT32_MAX : 1;
  const void* const data = s.data;
  LaneContext& context = lane_.context;
  if (s.fault_.load(std::memory_order_relaxed)) return item;
  for (uint32_t count = 0;; ++count) {
    const Program::Node& node = nodes[item];
    const Fault fault = node.run(node.context, data, context, 0, node.tiles);
    const uint32_t next = node.chain_next;
    if (fault) [[unlikely]] note_fault(s, fault);
    if (next == Program::kNone || count == kChainItems ||
        s.fault_.load(std::memory_order_relaxed) ||
        executor_.used_.load(std::memory_order_relaxed) != only ||
        nodes[next].tiles > tiles_max) {
      count_operations(count);
      return item;
    }
    item = next;
  }
}

uint32_t LaneLoop::run_any_chain(Submission& s, uint32_t item) {
  const Program& program = *s.program;
  const uint64_t only = bit(s.slot_);
  uint64_t count = 0;
  for (;; ++count) {
    const Program::Node& node = program.node(item);
    const Nanos begin = lane_.ring ? monotonic_now() : Nanos(0);
    // Lanes look here for the next operation of the plan.
    if (s.assignment) s.states_[item].claimed.store(node.tiles, std::memory_order_relaxed);
    execute(s, node, 0, node.tiles);
    if (lane_.ring) record(s, node, node.tiles, begin);
    const uint32_t next = node.chain_next;
    if (next == Program::kNone || count == kChainItems ||
        (program.node(next).tiles > 1 && !runs_whole(s)) || !runs_here(s, next) ||
        executor_.used_.load(std::memory_order_relaxed) != only)
      break;
    item = next;
  }
  count_operations(count);
  return item;
}

// What became ready: the lane keeps its share for its next batch, the others get the rest.
void LaneLoop::hand_out(Submission& s) {
  std::vector<uint32_t>& items = lane_.ready_items;
  lane_.batch.clear();
  if (items.empty()) return;
  const size_t keep = may_keep(s);
  size_t rest = 0;
  for (const uint32_t item : items) {
    const bool mine = lane_.batch.size() < keep && runs_here(s, item) &&
                      (runs_whole(s) || !s.shared(item));
    if (mine) {
      lane_.batch.push_back(item);
    } else {
      items[rest++] = item;
    }
  }
  items.resize(rest);
  if (!lane_.batch.empty()) lane_.kept = &s;
  if (rest) publish_ready(s, items);
  if (rest && lane_.kept) call_help(s);
}

// How many of lane_.ready_items this lane may keep: those that the policy, asked now, could
// only answer "run it here". Without a plan it is all the same which lane takes which of the
// ready items of the only submission; with a plan there must be no other.
size_t LaneLoop::may_keep(const Submission& s) const {
  if (!alone(s)) return 0;
  const size_t ready = lane_.ready_items.size();
  if (runs_free(s)) {
    const uint32_t lanes = executor_.lane_count_;
    return std::min<size_t>(lane_.batch_limit, (ready + lanes - 1) / lanes);
  }
  if (ready > 1) return 0;
  for (size_t w = 0; w < s.ready_words_; ++w)
    if (s.ready_[w].load(std::memory_order_relaxed)) return 0;
  return 1;
}

void LaneLoop::publish_ready(Submission& s, std::span<const uint32_t> items) {
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
  publish_ready(*std::exchange(lane_.kept, nullptr), lane_.batch);
}

}  // namespace takt
