#include "run/program.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

std::byte* LaneContext::scratch(size_t bytes) {
  if (bytes > scratch_bytes_) {
    scratch_ = std::make_unique<std::byte[]>(bytes);
    scratch_bytes_ = bytes;
  }
  return scratch_.get();
}

void LaneContext::free_scratch() {
  scratch_.reset();
  scratch_bytes_ = 0;
}

Program Program::build(std::vector<WorkItem> items, Edges predecessors) {
  Program program;
  program.items_ = uint32_t(items.size());
  const uint32_t sink = uint32_t(predecessors.size());
  predecessors.emplace_back();

  std::vector<uint32_t> successor_count(sink + 1, 0);
  for (uint32_t n = 0; n < sink; ++n)
    for (uint32_t p : predecessors[n]) ++successor_count[p];
  for (uint32_t n = 0; n < sink; ++n) {
    if (successor_count[n]) continue;
    predecessors[sink].push_back(n);
    successor_count[n] = 1;
  }

  program.nodes_.resize(sink + 1);
  uint32_t offset = 0;
  for (uint32_t n = 0; n <= sink; ++n) {
    Node& node = program.nodes_[n];
    if (n < items.size()) {
      node.run = items[n].run;
      node.context = items[n].context;
      node.tiles = items[n].tiles;
      node.label = items[n].label;
      CHECK(node.tiles > 0);
      if (node.tiles > 1 || items[n].on_accelerator) program.shared_items_.push_back(n);
    }
    node.deps = uint32_t(predecessors[n].size());
    program.deps_.push_back(node.deps);
    node.first_successor = offset;
    offset += successor_count[n];
    if (node.deps == 0 && n < items.size()) program.roots_.push_back(n);
  }
  program.successors_.resize(offset);
  for (uint32_t n = 0; n <= sink; ++n)
    for (uint32_t p : predecessors[n]) {
      Node& before = program.nodes_[p];
      program.successors_[before.first_successor + before.successors++] = n;
    }
  for (uint32_t n = 0; n < items.size(); ++n) {
    Node& node = program.nodes_[n];
    const uint32_t next = program.successors_[node.first_successor];
    if (node.successors == 1 && next < items.size() && program.nodes_[next].deps == 1)
      node.chain_next = next;
  }
  program.note_facts(items);
  return program;
}

void Program::note_facts(std::span<const WorkItem> items) {
  const auto known = [](const WorkItem& item) {
    return item.kernel != 0 || item.duration > Nanos(0) || item.on_accelerator;
  };
  if (std::none_of(items.begin(), items.end(), known)) return;
  std::vector<ItemFacts> facts(items.size());
  // From each node's end. Successors of an item have larger numbers, or are joins before such.
  std::vector<Nanos> after(nodes_.size(), Nanos::min());
  const auto from_start = [&](uint32_t n) {
    return n < items.size() ? facts[n].remaining : after[n];
  };
  const auto find_after = [&](uint32_t n) {
    after[n] = Nanos(0);
    for (const uint32_t next : successors(nodes_[n]))
      after[n] = std::max(after[n], from_start(next));
  };
  for (uint32_t n = uint32_t(items.size()); n-- > 0;) {
    const WorkItem& item = items[n];
    const Nanos core = std::max(item.duration, Nanos(0));
    Nanos least = core / int64_t(item.tiles);   // every tile on a lane of its own
    if (item.on_accelerator) {
      CHECK(item.accelerator_duration > Nanos(0));
      uses_accelerators_ = true;
      least = std::min(least, item.accelerator_duration);
    }
    for (const uint32_t next : successors(nodes_[n]))
      if (next >= items.size() && after[next] == Nanos::min()) find_after(next);
    find_after(n);
    facts[n] = {item.kernel, core, least + after[n], item.on_accelerator,
                item.accelerator_duration};
  }
  facts_ = std::make_shared<const std::vector<ItemFacts>>(std::move(facts));
}

Program Program::from_waves(std::vector<WorkItem> items, std::span<const uint32_t> waves) {
  Edges predecessors(items.size());
  for (size_t w = 1; w < waves.size(); ++w) {
    const uint32_t before = waves[w - 1], begin = waves[w];
    const uint32_t end = w + 1 < waves.size() ? waves[w + 1] : uint32_t(items.size());
    CHECK(before < begin && begin < end);
    const size_t edges = size_t(begin - before) * (end - begin);
    if (edges <= size_t(begin - before) + (end - begin)) {
      for (uint32_t n = begin; n < end; ++n)
        for (uint32_t p = before; p < begin; ++p) predecessors[n].push_back(p);
    } else {
      // A join node keeps wide barriers linear.
      const uint32_t join = uint32_t(predecessors.size());
      predecessors.emplace_back();
      for (uint32_t p = before; p < begin; ++p) predecessors[join].push_back(p);
      for (uint32_t n = begin; n < end; ++n) predecessors[n].push_back(join);
    }
  }
  return build(std::move(items), std::move(predecessors));
}

Program Program::from_deps(std::vector<WorkItem> items,
                           const std::vector<std::vector<uint32_t>>& deps) {
  CHECK(deps.size() == items.size());
  for (size_t n = 0; n < deps.size(); ++n)
    for (uint32_t p : deps[n]) CHECK(p < n);
  return build(std::move(items), deps);
}

Program Program::in_order(std::span<const uint32_t> order) const {
  CHECK(order.size() == items_);
  std::vector<WorkItem> items;
  items.reserve(items_);
  Edges predecessors(items_);
  for (uint32_t i = 0; i < items_; ++i) {
    const Node& from = nodes_[order[i]];
    WorkItem item{from.run, from.context, from.tiles, from.label};
    if (facts_) {
      const ItemFacts& known = (*facts_)[order[i]];
      item.kernel = known.kernel;
      item.duration = known.duration;
      item.on_accelerator = known.on_accelerator;
      item.accelerator_duration = known.accelerator_duration;
    }
    items.push_back(item);
    if (i > 0) predecessors[i].push_back(i - 1);
  }
  Program program = build(std::move(items), std::move(predecessors));
  program.region = region;
  return program;
}

std::vector<uint32_t> Program::random_order(Rng& rng) const {
  std::vector<uint32_t> order, open, pending(nodes_.size());
  for (uint32_t n = 0; n < nodes_.size(); ++n) pending[n] = nodes_[n].deps;
  open.assign(roots_.begin(), roots_.end());
  while (!open.empty()) {
    // Joins take no time: release what they hold back before choosing again.
    size_t pick = open.size();
    for (size_t i = 0; i < open.size() && pick == open.size(); ++i)
      if (open[i] >= items_) pick = i;
    if (pick == open.size()) pick = rng.below(open.size());
    const uint32_t n = open[pick];
    open[pick] = open.back();
    open.pop_back();
    if (n < items_) order.push_back(n);
    for (uint32_t s : successors(nodes_[n]))
      if (--pending[s] == 0) open.push_back(s);
  }
  CHECK(order.size() == items_);
  return order;
}

}  // namespace takt
