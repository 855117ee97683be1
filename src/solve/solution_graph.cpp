#include "solve/solution_graph.h"

#include <algorithm>

#include "base/check.h"

namespace takt {

SolutionGraph::SolutionGraph(const OneLaneView& view) : view_(&view) {
  nodes_.resize(view.size());
  lanes_.resize(view.lane_count());
  for (auto& lane : lanes_) lane.reserve(view.size());
  order_.resize(view.size());
  stale_.assign(view.size(), 0);
  later_.assign(view.size(), 0);
  scratch_.reserve(view.size());
}

void SolutionGraph::load(const Sequencing& sequencing) {
  DCHECK(sequencing.order.size() == nodes_.size());
  for (auto& lane : lanes_) lane.clear();
  for (uint32_t position = 0; position < size(); ++position) {
    const uint32_t op = sequencing.order[position];
    set_position(position, op);
    Node& node = nodes_[op];
    node.alternative = sequencing.alternative[op];
    const Alternative& chosen = view_->alternatives(op)[node.alternative];
    node.lane = chosen.lane;
    node.duration = chosen.duration;
    node.index = static_cast<uint32_t>(lanes_[chosen.lane].size());
    lanes_[chosen.lane].push_back(op);
  }
  for (const uint32_t op : order_) update_head(op);
  for (uint32_t position = size(); position-- > 0;) update_tail(order_[position]);
  measure_makespan();
  DCHECK(is_exact());
}

void SolutionGraph::load(const Schedule& schedule) {
  const auto topological = view_->problem().topological();
  Sequencing sequencing;
  sequencing.order.assign(topological.begin(), topological.end());
  std::stable_sort(sequencing.order.begin(), sequencing.order.end(),
                   [&](uint32_t a, uint32_t b) { return schedule.start[a] < schedule.start[b]; });
  sequencing.alternative.resize(size());
  for (uint32_t op = 0; op < size(); ++op) {
    const uint32_t lane = schedule.lanes_of(view_->problem(), op).front();
    const auto alternatives = view_->alternatives(op);
    const auto found = std::find_if(alternatives.begin(), alternatives.end(),
                                    [&](const Alternative& each) { return each.lane == lane; });
    DCHECK(found != alternatives.end());
    sequencing.alternative[op] = static_cast<uint32_t>(found - alternatives.begin());
  }
  load(sequencing);
}

Sequencing SolutionGraph::sequencing() const {
  Sequencing sequencing;
  sequencing.order = order_;
  for (const Node& node : nodes_) sequencing.alternative.push_back(node.alternative);
  return sequencing;
}

Schedule SolutionGraph::schedule() const {
  Schedule schedule;
  schedule.resize(view_->problem());
  for (uint32_t op = 0; op < size(); ++op) {
    schedule.start[op] = Nanos(nodes_[op].head);
    schedule.mode[op] = view_->alternatives(op)[nodes_[op].alternative].mode;
    schedule.lanes[view_->problem().lane_slot(op)] = nodes_[op].lane;
  }
  return schedule;
}

void SolutionGraph::apply(const Insertion& move) {
  const uint32_t op = move.op;
  const uint32_t old_before = before_on_lane(nodes_[op]), old_after = after_on_lane(nodes_[op]);
  take_out(op);
  put_in(op, move.alternative, move.index);
  restore_order(op);
  const uint32_t new_before = before_on_lane(nodes_[op]), new_after = after_on_lane(nodes_[op]);
  uint32_t first = nodes_[op].position, last = first;
  for (const uint32_t other : {op, old_after, new_after}) {
    if (other == kNone) continue;
    make_stale(other);
    first = std::min(first, nodes_[other].position);
  }
  sweep_heads(first, op);
  for (const uint32_t other : {op, old_before, new_before}) {
    if (other == kNone) continue;
    make_stale(other);
    last = std::max(last, nodes_[other].position);
  }
  sweep_tails(last, op);
  measure_makespan();
  DCHECK(is_exact());
}

void SolutionGraph::take_out(uint32_t op) {
  auto& lane = lanes_[nodes_[op].lane];
  const uint32_t index = nodes_[op].index;
  lane.erase(lane.begin() + index);
  for (uint32_t i = index; i < lane.size(); ++i) nodes_[lane[i]].index = i;
}

void SolutionGraph::put_in(uint32_t op, uint32_t alternative, uint32_t index) {
  const Alternative& chosen = view_->alternatives(op)[alternative];
  Node& node = nodes_[op];
  node.alternative = alternative;
  node.lane = chosen.lane;
  node.duration = chosen.duration;
  auto& lane = lanes_[chosen.lane];
  lane.insert(lane.begin() + index, op);
  for (uint32_t i = index; i < lane.size(); ++i) nodes_[lane[i]].index = i;
}

// Makes `order` topological again after `op` was put elsewhere, by moving only what lies
// between its new neighbours (the idea of Pearce and Kelly 2007): what comes after `op` and
// stands too early goes behind it.
void SolutionGraph::restore_order(uint32_t op) {
  const Problem& problem = view_->problem();
  const Node& node = nodes_[op];
  const uint32_t before = before_on_lane(node), after = after_on_lane(node);
  int64_t high = -1, low = size();      // the last that must precede, the first that must follow
  for (const Arc& arc : problem.preds(op)) high = std::max<int64_t>(high, nodes_[arc.op].position);
  for (const Arc& arc : problem.succs(op)) low = std::min<int64_t>(low, nodes_[arc.op].position);
  if (before != kNone) high = std::max<int64_t>(high, nodes_[before].position);
  if (after != kNone) low = std::min<int64_t>(low, nodes_[after].position);
  const int64_t at = node.position;
  if (high < low) {
    if (at < high) place_at(node.position, static_cast<uint32_t>(high));
    if (at > low) place_at(node.position, static_cast<uint32_t>(low));
    return;
  }
  const auto mark = [&](uint32_t other) {
    if (nodes_[other].position <= high) later_[other] = 1;
  };
  for (const Arc& arc : problem.succs(op)) mark(arc.op);
  if (after != kNone) mark(after);
  if (at > high) place_at(node.position, static_cast<uint32_t>(high + 1));
  if (at < low) place_at(node.position, static_cast<uint32_t>(low - 1));
  scratch_.clear();
  uint32_t to = std::min(static_cast<uint32_t>(low), node.position);
  const uint32_t end = std::max(static_cast<uint32_t>(high), node.position);
  for (uint32_t position = to; position <= end; ++position) {
    const uint32_t other = order_[position];
    if (other == op) continue;
    if (!later_[other]) {
      set_position(to++, other);      // `to` never passes `position`
      continue;
    }
    scratch_.push_back(other);
    for (const Arc& arc : problem.succs(other)) mark(arc.op);
    if (const uint32_t next = after_on_lane(nodes_[other]); next != kNone) mark(next);
  }
  set_position(to++, op);
  for (const uint32_t other : scratch_) {
    set_position(to++, other);
    later_[other] = 0;
  }
}

void SolutionGraph::place_at(uint32_t from, uint32_t to) {
  const uint32_t op = order_[from];
  for (; from < to; ++from) set_position(from, order_[from + 1]);
  for (; from > to; --from) set_position(from, order_[from - 1]);
  set_position(to, op);
}

// True when the head changed.
bool SolutionGraph::update_head(uint32_t op) {
  const Problem& problem = view_->problem();
  Node& node = nodes_[op];
  int64_t head = problem.release(op).ns;
  for (const Arc& arc : problem.preds(op))
    head = std::max(head, nodes_[arc.op].end() + arc.delay.ns);
  node.job_head = head;
  if (node.index > 0) head = std::max(head, nodes_[lanes_[node.lane][node.index - 1]].end());
  const bool changed = head != node.head;
  node.head = head;
  return changed;
}

bool SolutionGraph::update_tail(uint32_t op) {
  const Problem& problem = view_->problem();
  Node& node = nodes_[op];
  int64_t tail = 0;
  for (const Arc& arc : problem.succs(op))
    tail = std::max(tail, arc.delay.ns + nodes_[arc.op].rest());
  node.job_tail = tail;
  const auto& lane = lanes_[node.lane];
  if (node.index + 1 < lane.size()) tail = std::max(tail, nodes_[lane[node.index + 1]].rest());
  const bool changed = tail != node.tail;
  node.tail = tail;
  return changed;
}

// Passes changes on, position by position, until none is left. The moved operation passes on
// whatever its head, as its duration may be another.
void SolutionGraph::sweep_heads(uint32_t position, uint32_t moved) {
  const Problem& problem = view_->problem();
  for (; stale_count_ > 0; ++position) {
    if (!stale_[position]) continue;
    stale_[position] = 0;
    --stale_count_;
    const uint32_t op = order_[position];
    if (!update_head(op) && op != moved) continue;
    for (const Arc& arc : problem.succs(op)) make_stale(arc.op);
    if (const uint32_t next = after_on_lane(nodes_[op]); next != kNone) make_stale(next);
  }
}

void SolutionGraph::sweep_tails(uint32_t position, uint32_t moved) {
  const Problem& problem = view_->problem();
  for (; stale_count_ > 0; --position) {
    if (!stale_[position]) continue;
    stale_[position] = 0;
    --stale_count_;
    const uint32_t op = order_[position];
    if (!update_tail(op) && op != moved) continue;
    for (const Arc& arc : problem.preds(op)) make_stale(arc.op);
    if (const uint32_t previous = before_on_lane(nodes_[op]); previous != kNone)
      make_stale(previous);
  }
}

void SolutionGraph::measure_makespan() {
  makespan_ = 0;
  for (const auto& lane : lanes_)
    if (!lane.empty()) makespan_ = std::max(makespan_, nodes_[lane.back()].end());
}

bool SolutionGraph::is_exact() const {
  SolutionGraph fresh = *this;
  for (uint32_t position = 0; position < size(); ++position) {
    const uint32_t op = order_[position];
    const Node& node = nodes_[op];
    if (node.position != position || lanes_[node.lane][node.index] != op) return false;
    for (const Arc& arc : view_->problem().succs(op))
      if (nodes_[arc.op].position <= position) return false;
    if (const uint32_t next = after_on_lane(node); next != kNone)
      if (nodes_[next].position <= position) return false;
    fresh.update_head(op);
    if (fresh.nodes_[op].head != node.head || fresh.nodes_[op].job_head != node.job_head)
      return false;
  }
  for (uint32_t position = size(); position-- > 0;) {
    const uint32_t op = order_[position];
    fresh.update_tail(op);
    const Node& node = nodes_[op];
    if (fresh.nodes_[op].tail != node.tail || fresh.nodes_[op].job_tail != node.job_tail)
      return false;
  }
  return true;
}

}  // namespace takt
