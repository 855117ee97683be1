// OneLaneView: a Problem in which every mode takes exactly one lane, laid out for the
// solution graph: each operation has alternatives (lane, duration), and only the makespan
// is asked for. Job shops, flexible job shops and DAG shops are such problems.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "solve/problem.h"

namespace takt {

struct Alternative {
  uint32_t lane = 0;
  uint32_t mode = 0;          // index into Problem::modes(op)
  int64_t duration = 0;       // ns
};

class OneLaneView {
 public:
  // Whether the solution graph can represent every schedule of the problem: modes of one
  // lane, nothing committed or out, no transfers, no groups, no window.
  static bool supports(const Problem& problem);

  // REQUIRES: supports(problem). Refers to the problem.
  explicit OneLaneView(const Problem& problem);

  const Problem& problem() const { return *problem_; }
  uint32_t size() const { return problem_->size(); }
  uint32_t lane_count() const { return problem_->lane_count(); }
  // Of each lane at most one alternative, the quickest; ascending by lane.
  std::span<const Alternative> alternatives(uint32_t op) const {
    return std::span<const Alternative>(all_).subspan(begin_[op], begin_[op + 1] - begin_[op]);
  }

 private:
  const Problem* problem_;
  std::vector<uint32_t> begin_;
  std::vector<Alternative> all_;
};

}  // namespace takt
