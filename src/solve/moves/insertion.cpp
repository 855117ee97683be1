#include "solve/moves/insertion.h"

#include <algorithm>

namespace takt {

void InsertionMoves::visit(uint32_t op, const TabuList& tabu, uint64_t now, Rng& rng,
                           MovePicker& picker) {
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
                                 Rng& rng, MovePicker& picker) {
  const SolutionGraph::Node& node = graph_[op];
  const auto lane = graph_.lane(node.lane);
  const auto count = static_cast<uint32_t>(lane.size()) - 1;
  if (count == 0) return;
  others_.assign(lane.begin(), lane.end());
  others_.erase(others_.begin() + node.index);
  end_.resize(count);
  rest_.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    const SolutionGraph::Node& other = graph_[others_[i]];
    end_[i] = i < node.index ? other.end()
                             : std::max(other.job_head, i > 0 ? end_[i - 1] : 0) + other.duration;
  }
  for (uint32_t i = count; i-- > 0;) {
    const SolutionGraph::Node& other = graph_[others_[i]];
    rest_[i] = i >= node.index
                   ? other.rest()
                   : std::max(other.job_tail, i + 1 < count ? rest_[i + 1] : 0) + other.duration;
  }
  const int64_t head = node.job_head, tail = node.job_tail;
  const auto early = static_cast<uint32_t>(
      std::partition_point(end_.begin(), end_.end(), [&](int64_t e) { return e <= head; }) -
      end_.begin());
  const auto late = static_cast<uint32_t>(
      std::partition_point(rest_.begin(), rest_.end(), [&](int64_t q) { return q > tail; }) -
      rest_.begin());
  uint32_t low = std::min(early, late), high = std::max(early, late);
  if (late <= early) low = high = low + static_cast<uint32_t>(rng.below(high - low + 1));
  const auto consider = [&](uint32_t index, bool forbidden) {
    if (index < low || index > high) return;
    const int64_t start = std::max(head, index > 0 ? end_[index - 1] : 0);
    const int64_t rest = std::max(tail, index < count ? rest_[index] : 0);
    picker.consider({{op, node.alternative, index}, start + node.duration + rest, around, 0,
                     forbidden});
  };
  bool forbidden = false;
  for (uint32_t i = node.index; i-- > low;) {
    forbidden |= tabu.forbidden(op, others_[i], now);
    consider(i, forbidden);
  }
  forbidden = false;
  for (uint32_t i = node.index + 1; i <= high; ++i) {
    forbidden |= tabu.forbidden(others_[i - 1], op, now);
    consider(i, forbidden);
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
