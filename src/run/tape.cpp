#include "run/tape.h"

#include <algorithm>

#include "base/check.h"
#include "run/submission.h"

namespace takt {

// Follows all tapes at once in some order that is possible. Per node it gathers how many
// operations of each lane must be done before it (joins pass theirs on), per operation a
// vector clock: how many of each lane are known to be done once it is.
class TapeBuilder {
 public:
  TapeBuilder(const Program& program, const Assignment& assignment)
      : program_(program),
        lanes_(static_cast<uint32_t>(assignment.by_lane.size())),
        order_(assignment.by_lane),
        parts_(program.items()),
        placed_(program.items()),
        pending_(program.nodes().size()),
        need_(program.nodes().size() * lanes_),
        done_(size_t{program.items()} * lanes_),
        clock_(lanes_),
        known_(size_t{lanes_} * lanes_) {
    tape_.by_lane_.resize(lanes_);
  }

  std::optional<Tape> build() {
    if (!split_tiles()) return std::nullopt;
    for (uint32_t n = 0; n < pending_.size(); ++n) pending_[n] = program_.node(n).deps;
    for (uint32_t lane = 0; lane < lanes_; ++lane) open_lanes_.push_back(lane);
    while (!open_lanes_.empty()) {
      const uint32_t lane = open_lanes_.back();
      open_lanes_.pop_back();
      while (placeable(lane)) place(lane);
    }
    for (uint32_t lane = 0; lane < lanes_; ++lane)
      if (clock_[lane].size() != tape_.by_lane_[lane].size() * lanes_) return std::nullopt;
    return std::move(tape_);
  }

 private:
  // The part of each lane in each of its items; false when an item is nowhere or twice.
  bool split_tiles() {
    std::vector<uint32_t> last(program_.items(), UINT32_MAX), part(program_.items());
    for (uint32_t lane = 0; lane < lanes_; ++lane)
      for (const uint32_t item : order_[lane]) {
        if (item >= program_.items() || last[item] == lane) return false;
        last[item] = lane;
        ++parts_[item];
      }
    for (uint32_t lane = 0; lane < lanes_; ++lane) {
      tape_.by_lane_[lane].reserve(order_[lane].size());
      for (const uint32_t item : order_[lane]) {
        const Program::Node& node = program_.node(item);
        const auto bound = [&](uint32_t index) {
          return static_cast<uint32_t>(uint64_t{node.tiles} * index / parts_[item]);
        };
        const uint32_t first = bound(part[item]), end = bound(part[item] + 1);
        ++part[item];
        if (first != end)
          tape_.by_lane_[lane].push_back({node.run, node.context, first, end - first, item});
      }
    }
    for (uint32_t item = 0; item < program_.items(); ++item) {
      if (parts_[item] == 0) return false;
      parts_[item] = std::min(parts_[item], program_.node(item).tiles);   // without empty parts
    }
    return true;
  }

  uint32_t* need(uint32_t node) { return &need_[size_t{node} * lanes_]; }
  uint32_t next(uint32_t lane) const {
    return static_cast<uint32_t>(clock_[lane].size() / lanes_);
  }

  bool placeable(uint32_t lane) const {
    const std::vector<Tape::Op>& ops = tape_.by_lane_[lane];
    return next(lane) < ops.size() && pending_[ops[next(lane)].item] == 0;
  }

  void place(uint32_t lane) {
    const uint32_t position = next(lane);
    Tape::Op& op = tape_.by_lane_[lane][position];
    add_waits(lane, op);
    uint32_t* known = &known_[size_t{lane} * lanes_];
    for (uint32_t other = 0; other < lanes_; ++other) {
      const uint32_t count = need(op.item)[other];
      if (count <= known[other]) continue;
      const uint32_t* theirs = &clock_[other][size_t{count - 1} * lanes_];
      for (uint32_t l = 0; l < lanes_; ++l) known[l] = std::max(known[l], theirs[l]);
    }
    known[lane] = position + 1;
    clock_[lane].insert(clock_[lane].end(), known, known + lanes_);
    uint32_t* done = &done_[size_t{op.item} * lanes_];
    done[lane] = position + 1;
    if (++placed_[op.item] == parts_[op.item]) finish(op.item, done);
  }

  // Only what neither the lane's past nor another of these waits implies.
  void add_waits(uint32_t lane, Tape::Op& op) {
    op.first_wait = static_cast<uint32_t>(tape_.waits_.size());
    const uint32_t* known = &known_[size_t{lane} * lanes_];
    const uint32_t* needed = need(op.item);
    for (uint32_t l = 0; l < lanes_; ++l) {
      if (needed[l] <= known[l]) continue;
      bool implied = false;
      for (uint32_t other = 0; other < lanes_ && !implied; ++other)
        implied = other != l && needed[other] > known[other] &&
                  clock_[other][size_t{needed[other] - 1} * lanes_ + l] >= needed[l];
      if (implied) continue;
      tape_.waits_.push_back({l, needed[l]});
      tape_.by_lane_[l][needed[l] - 1].published = true;
      ++op.waits;
    }
  }

  // `node` is done when `counts` operations of each lane are.
  void finish(uint32_t node, const uint32_t* counts) {
    for (const uint32_t successor : program_.successors(program_.node(node))) {
      uint32_t* needed = need(successor);
      for (uint32_t l = 0; l < lanes_; ++l) needed[l] = std::max(needed[l], counts[l]);
      if (--pending_[successor] != 0 || successor == program_.sink()) continue;
      if (program_.node(successor).tiles == 0) {
        finish(successor, needed);
      } else {
        for (uint32_t lane = 0; lane < lanes_; ++lane)
          if (placeable(lane)) open_lanes_.push_back(lane);
      }
    }
  }

  const Program& program_;
  const uint32_t lanes_;
  const std::vector<std::vector<uint32_t>>& order_;
  std::vector<uint32_t> parts_, placed_, pending_;
  std::vector<uint32_t> need_;                  // nodes x lanes
  std::vector<uint32_t> done_;                  // items x lanes: where its parts are
  std::vector<std::vector<uint32_t>> clock_;    // per lane: operations x lanes
  std::vector<uint32_t> known_;                 // the last of these of each lane
  std::vector<uint32_t> open_lanes_;            // whose next operation may be placeable
  Tape tape_;
};

std::optional<Tape> Tape::compile(const Program& program, const Assignment& assignment) {
  return TapeBuilder(program, assignment).build();
}

size_t Tape::bytes() const {
  size_t sum = waits_.capacity() * sizeof(Wait);
  for (const std::vector<Op>& ops : by_lane_) sum += ops.capacity() * sizeof(Op);
  return sum;
}

}  // namespace takt
