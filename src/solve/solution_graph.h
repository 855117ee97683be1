// SolutionGraph: a semi-active schedule of a one-lane problem as a graph (Roy and Sussmann
// 1964): an arc for every precedence and between neighbours on a lane. The head of an
// operation is the longest way to its start, the tail the longest way from its end; the
// longest way of all is the makespan.
//
// Invariants, after every public call:
//  1. `order` is a topological order of the graph; position(op) is op's index in it.
//  2. Heads and tails are exact. Debug builds recompute them from scratch after each move.
// Not thread-safe: one per thread. apply() allocates nothing.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "solve/one_lane.h"
#include "solve/schedule.h"

namespace takt {

// All that a solution is: which alternative each operation takes, and an order that agrees
// with the precedences; on each lane operations run in this order.
struct Sequencing {
  std::vector<uint32_t> order;
  std::vector<uint32_t> alternative;     // per operation, index into alternatives(op)
};

// Takes `op` out and puts it on the lane of `alternative`, `index`-th of those that are
// there without it.
struct Insertion {
  uint32_t op = 0;
  uint32_t alternative = 0;
  uint32_t index = 0;
};

class SolutionGraph {
 public:
  struct Node {                          // one cache line
    int64_t head = 0, tail = 0;
    int64_t job_head = 0, job_tail = 0;  // the same without the arcs of the lane
    int64_t duration = 0;
    uint32_t lane = 0, index = 0;        // where: index in the lane's sequence
    uint32_t position = 0;               // in the topological order
    uint32_t alternative = 0;

    int64_t end() const { return head + duration; }
    int64_t rest() const { return duration + tail; }        // from its start to the end of all
    int64_t length() const { return head + duration + tail; }
  };

  explicit SolutionGraph(const OneLaneView& view);

  // REQUIRES: the order agrees with the precedences.
  void load(const Sequencing& sequencing);
  void load(const Schedule& schedule);
  Sequencing sequencing() const;
  Schedule schedule() const;             // every operation starts at its head

  const OneLaneView& view() const { return *view_; }
  uint32_t size() const { return static_cast<uint32_t>(nodes_.size()); }
  const Node& operator[](uint32_t op) const { return nodes_[op]; }
  std::span<const uint32_t> lane(uint32_t lane) const { return lanes_[lane]; }
  int64_t makespan() const { return makespan_; }

  // REQUIRES: the result has no cycle. Takes time in proportion to what changes.
  void apply(const Insertion& move);

 private:
  uint32_t before_on_lane(const Node& node) const {
    return node.index == 0 ? kNone : lanes_[node.lane][node.index - 1];
  }
  uint32_t after_on_lane(const Node& node) const {
    const auto& lane = lanes_[node.lane];
    return node.index + 1 == lane.size() ? kNone : lane[node.index + 1];
  }
  void take_out(uint32_t op);
  void put_in(uint32_t op, uint32_t alternative, uint32_t index);
  void restore_order(uint32_t op);
  void place_at(uint32_t from, uint32_t to);
  void set_position(uint32_t position, uint32_t op) {
    order_[position] = op;
    nodes_[op].position = position;
  }
  void make_stale(uint32_t op) {
    char& stale = stale_[nodes_[op].position];
    stale_count_ += !stale;
    stale = 1;
  }
  void sweep_heads(uint32_t position, uint32_t moved);
  void sweep_tails(uint32_t position, uint32_t moved);
  bool update_head(uint32_t op);
  bool update_tail(uint32_t op);
  void measure_makespan();
  bool is_exact() const;                 // for DCHECK: recomputes everything

  static constexpr uint32_t kNone = UINT32_MAX;

  const OneLaneView* view_;
  std::vector<Node> nodes_;
  std::vector<std::vector<uint32_t>> lanes_;
  std::vector<uint32_t> order_;
  int64_t makespan_ = 0;
  std::vector<char> stale_;              // by position; all zero between calls
  uint32_t stale_count_ = 0;
  std::vector<char> later_;              // by operation; all zero between calls
  std::vector<uint32_t> scratch_;
};

}  // namespace takt
