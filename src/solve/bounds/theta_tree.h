// ThetaTree: the earliest completion time of a set of activities on one machine, with
// insertion and removal in O(log n); and the same when at most one "gray" activity is added to
// the set, with which one it is (theta-lambda tree: Vilim, "Global constraints in scheduling",
// 2007, chapters 2.4 and 2.7).
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "base/check.h"
#include "base/nanos.h"

namespace takt {

class ThetaTree {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `leaves` places, all empty, to be used in ascending order of earliest start.
  explicit ThetaTree(size_t leaves) : base_(std::bit_ceil(std::max<size_t>(leaves, 1))) {
    nodes_.resize(2 * base_);
  }

  void insert(uint32_t leaf, Nanos earliest, Nanos duration) {
    Node& node = nodes_[base_ + leaf];
    node = {};
    node.sum = node.gray_sum = duration;
    node.end = node.gray_end = earliest + duration;
    update(leaf);
  }
  // In place of a white one, or new.
  void insert_gray(uint32_t leaf, Nanos earliest, Nanos duration) {
    Node& node = nodes_[base_ + leaf];
    node = {};
    node.gray_sum = duration;
    node.gray_end = earliest + duration;
    node.sum_by = node.end_by = leaf;
    update(leaf);
  }
  void remove(uint32_t leaf) {
    nodes_[base_ + leaf] = {};
    update(leaf);
  }

  Nanos end() const { return nodes_[1].end; }               // of the white ones; far past: none
  Nanos end_with_gray() const { return nodes_[1].gray_end; }
  uint32_t gray() const { return nodes_[1].end_by; }        // the one that end_with_gray() needs
  // end() without this white one.
  Nanos end_without(uint32_t leaf) {
    const Node saved = nodes_[base_ + leaf];
    remove(leaf);
    const Nanos result = end();
    nodes_[base_ + leaf] = saved;
    update(leaf);
    return result;
  }

 private:
  static constexpr Nanos kNever{INT64_MIN / 4};
  struct Node {
    Nanos sum, end = kNever;                    // durations; earliest completion
    Nanos gray_sum, gray_end = kNever;          // with at most one gray activity
    uint32_t sum_by = kNone, end_by = kNone;    // which one
  };

  void update(uint32_t leaf) {
    for (size_t i = (base_ + leaf) / 2; i > 0; i /= 2) {
      const Node& l = nodes_[2 * i];
      const Node& r = nodes_[2 * i + 1];
      Node& node = nodes_[i];
      node.sum = l.sum + r.sum;
      node.end = std::max(r.end, l.end + r.sum);
      const bool left = l.gray_sum + r.sum >= l.sum + r.gray_sum;
      node.gray_sum = left ? l.gray_sum + r.sum : l.sum + r.gray_sum;
      node.sum_by = left ? l.sum_by : r.sum_by;
      node.gray_end = r.gray_end;
      node.end_by = r.end_by;
      if (l.gray_end + r.sum > node.gray_end) {
        node.gray_end = l.gray_end + r.sum;
        node.end_by = l.end_by;
      }
      if (l.end + r.gray_sum > node.gray_end) {
        node.gray_end = l.end + r.gray_sum;
        node.end_by = r.sum_by;
      }
    }
  }

  const size_t base_;
  std::vector<Node> nodes_;
};

}  // namespace takt
