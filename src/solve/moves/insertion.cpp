#include "solve/moves/insertion.h"

#include <algorithm>
#include <span>

namespace takt {
namespace {

// The lane of an operation without it. What stood before it keeps its end, what stood behind it
// its rest; the others move up, and are worked out as far as they are asked for.
class OwnLane {
 public:
  OwnLane(const SolutionGraph& graph, uint32_t op)
      : graph_(graph), lane_(graph.lane(graph[op].lane)), at_(graph[op].index) {}

  uint32_t count() const { return static_cast<uint32_t>(lane_.size()) - 1; }
  uint32_t operator[](uint32_t i) const { return lane_[i < at_ ? i : i + 1]; }
  // End of the operation before index i. REQUIRES: i <= at
  int64_t end_before(uint32_t i) const { return i == 0 ? 0 : graph_[lane_[i - 1]].end(); }
  // Rest of the operation at index i. REQUIRES: i >= at
  int64_t rest_after(uint32_t i) const { return i == count() ? 0 : graph_[(*this)[i]].rest(); }

  // The first index whose operation ends after `head`, count() when none does.
  uint32_t first_ending_after(int64_t head) const {
    if (end_before(at_) > head) return before([&](uint32_t x) { return graph_[x].end() <= head; });
    int64_t end = end_before(at_);
    for (uint32_t i = at_; i < count(); ++i) {
      end = std::max(graph_[(*this)[i]].job_head, end) + graph_[(*this)[i]].duration;
      if (end > head) return i;
    }
    return count();
  }

  // The first index whose operation's rest is at most `tail`, count() when none is.
  uint32_t first_resting_within(int64_t tail) const {
    if (rest_after(at_) > tail) return behind([&](uint32_t x) { return graph_[x].rest() > tail; });
    int64_t rest = rest_after(at_);
    for (uint32_t i = at_; i > 0; --i) {
      rest = std::max(graph_[(*this)[i - 1]].job_tail, rest) + graph_[(*this)[i - 1]].duration;
      if (rest > tail) return i;
    }
    return 0;
  }

 private:
  template <class Holds>
  uint32_t before(Holds holds) const {
    const auto end = lane_.begin() + at_;
    return static_cast<uint32_t>(std::partition_point(lane_.begin(), end, holds) - lane_.begin());
  }
  template <class Holds>
  uint32_t behind(Holds holds) const {
    const auto begin = lane_.begin() + at_ + 1;
    return at_ + static_cast<uint32_t>(std::partition_point(begin, lane_.end(), holds) - begin);
  }

  const SolutionGraph& graph_;
  const std::span<const uint32_t> lane_;
  const uint32_t at_;
};

}  // namespace

void InsertionMoves::visit(uint32_t op, const TabuList& tabu, uint64_t now, Rng& rng,
                           MovePicker& picker) const {
  const auto alternatives = graph_.view().alternatives(op);
  const int64_t left_behind = around(op);
  for (uint32_t i = 0; i < alternatives.size(); ++i) {
    if (i == graph_[op].alternative) continue;
    MoveEstimate estimate;
    estimate.move = {op, i, 0};
    estimate.around = left_behind;
    estimate.extra_work = alternatives[i].duration - graph_[op].duration;
    estimate.tabu = tabu.forbidden(op, lane_attribute(alternatives[i].lane), now);
    on_other_lane(op, i, estimate, rng, picker);
  }
  on_own_lane(op, left_behind, tabu, now, rng, picker);
}

void InsertionMoves::on_other_lane(uint32_t op, uint32_t alternative, MoveEstimate estimate,
                                   Rng& rng, MovePicker& picker) const {
  const Alternative& chosen = graph_.view().alternatives(op)[alternative];
  const auto lane = graph_.lane(chosen.lane);
  const int64_t head = graph_[op].job_head, tail = graph_[op].job_tail;
  const auto begin = lane.begin(), end = lane.end();
  const auto early = static_cast<uint32_t>(
      std::partition_point(begin, end, [&](uint32_t x) { return graph_[x].end() <= head; }) -
      begin);
  const auto late = static_cast<uint32_t>(
      std::partition_point(begin, end, [&](uint32_t x) { return graph_[x].rest() > tail; }) -
      begin);
  if (late <= early) {
    estimate.move.index = late + static_cast<uint32_t>(rng.below(early - late + 1));
    estimate.through = head + chosen.duration + tail;
    return picker.consider(estimate);
  }
  for (uint32_t i = early; i <= late; ++i) {
    const int64_t start = i > early ? graph_[lane[i - 1]].end() : head;
    const int64_t rest = i < late ? graph_[lane[i]].rest() : tail;
    estimate.move.index = i;
    estimate.through = start + chosen.duration + rest;
    picker.consider(estimate);
  }
}

void InsertionMoves::on_own_lane(uint32_t op, int64_t around, const TabuList& tabu, uint64_t now,
                                 Rng& rng, MovePicker& picker) const {
  const SolutionGraph::Node& node = graph_[op];
  const OwnLane lane(graph_, op);
  if (lane.count() == 0) return;
  const uint32_t early = lane.first_ending_after(node.job_head);
  const uint32_t late = lane.first_resting_within(node.job_tail);
  uint32_t low = std::min(early, late), high = std::max(early, late);
  if (late <= early) low = high = low + static_cast<uint32_t>(rng.below(high - low + 1));

  const auto consider = [&](uint32_t index, int64_t end_before, int64_t rest_after,
                            bool forbidden) {
    if (index < low || index > high) return;
    const int64_t start = std::max(node.job_head, end_before);
    const int64_t rest = std::max(node.job_tail, rest_after);
    picker.consider({{op, node.alternative, index}, start + node.duration + rest, around, 0,
                     forbidden});
  };
  bool forbidden = false;
  int64_t rest = lane.rest_after(node.index);
  for (uint32_t i = node.index; i-- > low;) {
    rest = std::max(graph_[lane[i]].job_tail, rest) + graph_[lane[i]].duration;
    forbidden |= tabu.forbidden(op, lane[i], now);
    consider(i, lane.end_before(i), rest, forbidden);
  }
  forbidden = false;
  int64_t end = lane.end_before(node.index);
  for (uint32_t i = node.index; i < high; ++i) {
    end = std::max(graph_[lane[i]].job_head, end) + graph_[lane[i]].duration;
    forbidden |= tabu.forbidden(lane[i], op, now);
    consider(i + 1, end, lane.rest_after(i + 1), forbidden);
  }
}

int64_t InsertionMoves::around(uint32_t op) const {
  const SolutionGraph::Node& node = graph_[op];
  const auto lane = graph_.lane(node.lane);
  const bool first = node.index == 0, last = node.index + 1 == lane.size();
  int64_t longest = 0;
  if (!last) {
    const SolutionGraph::Node& next = graph_[lane[node.index + 1]];
    const int64_t before = first ? 0 : graph_[lane[node.index - 1]].end();
    longest = std::max(next.job_head, before) + next.rest();
  }
  if (!first) {
    const SolutionGraph::Node& previous = graph_[lane[node.index - 1]];
    const int64_t after = last ? 0 : graph_[lane[node.index + 1]].rest();
    longest = std::max(longest, previous.end() + std::max(previous.job_tail, after));
  }
  return longest;
}

void InsertionMoves::forbid(const Insertion& move, TabuList& tabu, uint64_t until) const {
  const SolutionGraph::Node& node = graph_[move.op];
  if (move.alternative != node.alternative)
    return tabu.forbid(move.op, lane_attribute(node.lane), until);
  const auto lane = graph_.lane(node.lane);
  for (uint32_t i = move.index; i < node.index; ++i) tabu.forbid(lane[i], move.op, until);
  for (uint32_t i = node.index + 1; i <= move.index; ++i) tabu.forbid(move.op, lane[i], until);
}

}  // namespace takt
