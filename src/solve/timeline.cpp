#include "solve/timeline.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

void Timeline::reset(uint32_t lanes) {
  lanes_.resize(lanes);
  for (Lane& lane : lanes_) {
    lane.blocks.clear();
    lane.block_end.clear();
    lane.end = Nanos::min();
  }
  blocks_used_ = 0;
}

uint32_t Timeline::new_block() {
  if (blocks_used_ == blocks_.size()) blocks_.emplace_back();
  blocks_[blocks_used_].count = 0;
  return blocks_used_++;
}

size_t Timeline::block_ending_after(const Lane& lane, Nanos at) const {
  return static_cast<size_t>(
      std::upper_bound(lane.block_end.begin(), lane.block_end.end(), at) -
      lane.block_end.begin());
}

uint32_t Timeline::first_ending_after(const Block& block, Nanos at) {
  uint32_t low = 0, high = block.count;
  while (low < high) {
    const uint32_t middle = (low + high) / 2;
    if (block.busy[middle].end > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

Nanos Timeline::search(const Lane& lane, Nanos ready, Nanos duration) const {
  size_t b = block_ending_after(lane, ready);
  if (b == lane.blocks.size()) return ready;
  const Block* block = &blocks_[lane.blocks[b]];
  for (uint32_t i = first_ending_after(*block, ready); i < block->count; ++i) {
    if (block->busy[i].start - ready >= duration) return ready;
    ready = block->busy[i].end;
  }
  for (++b; b < lane.blocks.size(); ++b) {
    block = &blocks_[lane.blocks[b]];
    if (block->longest_gap >= duration)
      for (uint32_t i = 0; i < block->count; ++i) {
        if (block->busy[i].start - ready >= duration) return ready;
        ready = block->busy[i].end;
      }
    ready = block->last().end;
  }
  return ready;
}

Nanos Timeline::idle_since(uint32_t lane_index, Nanos at) const {
  const Lane& lane = lanes_[lane_index];
  const size_t b = block_ending_after(lane, at);
  const uint32_t i =
      b < lane.blocks.size() ? first_ending_after(blocks_[lane.blocks[b]], at) : 0;
  if (i > 0) return blocks_[lane.blocks[b]].busy[i - 1].end;
  return b == 0 ? Nanos(0) : lane.block_end[b - 1];
}

void Timeline::measure(Lane& lane, size_t index) {
  if (index >= lane.blocks.size()) return;
  Block& block = blocks_[lane.blocks[index]];
  Nanos before = index == 0 ? Nanos(0) : lane.block_end[index - 1];
  block.longest_gap = Nanos(0);
  for (uint32_t i = 0; i < block.count; ++i) {
    block.longest_gap = std::max(block.longest_gap, block.busy[i].start - before);
    before = block.busy[i].end;
  }
  lane.block_end[index] = before;
}

// The upper half of a full block becomes a block of its own.
void Timeline::split(Lane& lane, size_t index) {
  const uint32_t fresh = new_block();      // may move the others
  Block& low = blocks_[lane.blocks[index]];
  Block& high = blocks_[fresh];
  std::copy(low.busy.begin() + kBlock / 2, low.busy.end(), high.busy.begin());
  low.count = kBlock / 2;
  high.count = kBlock - kBlock / 2;
  const auto at = static_cast<std::ptrdiff_t>(index) + 1;
  lane.blocks.insert(lane.blocks.begin() + at, fresh);
  lane.block_end.insert(lane.block_end.begin() + at, high.last().end);
  measure(lane, index);
  measure(lane, index + 1);
}

void Timeline::occupy(uint32_t lane_index, Nanos start, Nanos end) {
  Lane& lane = lanes_[lane_index];
  if (lane.blocks.empty()) {
    lane.blocks.push_back(new_block());
    lane.block_end.push_back(Nanos::min());
  }
  // The block of the interval that ends at or after `start`: a block whose end touches is the
  // one to extend.
  size_t b = block_ending_after(lane, start - Nanos(1));
  if (b == lane.blocks.size()) --b;
  if (blocks_[lane.blocks[b]].count == kBlock) {
    split(lane, b);
    if (lane.block_end[b] < start) ++b;
  }
  Block& block = blocks_[lane.blocks[b]];
  const uint32_t next = first_ending_after(block, start);
  DCHECK(next == block.count || block.busy[next].start >= end);
  const bool touches_previous = next > 0 && block.busy[next - 1].end == start;
  const bool touches_next = next < block.count && block.busy[next].start == end;
  const auto here = block.busy.begin() + next;
  if (touches_previous && touches_next) {
    block.busy[next - 1].end = here->end;
    std::copy(here + 1, block.busy.begin() + block.count, here);
    --block.count;
  } else if (touches_previous) {
    block.busy[next - 1].end = end;
  } else if (touches_next) {
    here->start = start;
  } else {
    std::copy_backward(here, block.busy.begin() + block.count,
                       block.busy.begin() + block.count + 1);
    *here = {start, end};
    ++block.count;
  }
  lane.end = std::max(lane.end, end);
  measure(lane, b);
  measure(lane, b + 1);
}

}  // namespace takt
