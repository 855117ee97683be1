// Tape: a plan of one program as each lane follows it: its operations in order, and before
// each the counts of other lanes it has to wait for. Immutable; made once from a Program and
// an Assignment, run any number of times, also at once. Executor: Submission::tape.
//
// A lane publishes how many of its operations are done; nobody counts what an item still
// waits for. An operation over k lanes is split by tile ranges, a part on each tape.
//
// Invariants: 1. Whoever keeps the order of each tape and all waits runs nothing before its
// inputs. 2. No wait follows from the others and the order (transitive reduction with vector
// clocks: Mattern, Virtual time and global states of distributed systems, 1989). 3. Following
// all tapes at once never blocks for ever.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "run/program.h"

namespace takt {

struct Assignment;

class Tape {
 public:
  // Lane `lane` has done the first `count` operations of its tape.
  struct Wait {
    uint32_t lane = 0;
    uint32_t count = 0;
  };
  struct Op {
    WorkFn run = nullptr;
    const void* context = nullptr;
    uint32_t first = 0;           // tiles [first, first + count) of the item
    uint32_t count = 0;
    uint32_t item = 0;
    uint32_t first_wait = 0;
    uint16_t waits = 0;
    bool published = false;       // some lane waits for this operation
  };

  // The lanes and orders of `assignment` as tapes. Empty when these do not fit together: an
  // item is on no lane, twice on one, or the orders contradict the dependencies.
  static std::optional<Tape> compile(const Program& program, const Assignment& assignment);

  uint32_t lanes() const { return static_cast<uint32_t>(by_lane_.size()); }
  std::span<const Op> ops(uint32_t lane) const { return by_lane_[lane]; }
  std::span<const Wait> waits(const Op& op) const {
    return {waits_.data() + op.first_wait, op.waits};
  }
  size_t bytes() const;           // of memory it holds

 private:
  friend class TapeBuilder;
  std::vector<std::vector<Op>> by_lane_;
  std::vector<Wait> waits_;
};

}  // namespace takt
