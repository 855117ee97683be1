// Windows: for every operation the earliest start, the latest end and the modes that are
// still possible, under what is given and what is assumed. The common ground of all
// bounds: a bound is proven by assuming that a level is at most X, tightening, and meeting
// a contradiction ("destructive" bounds: Klein and Scholl 1999).
//
// Invariant: until contradiction(), every schedule that meets the assumptions keeps every
// operation inside its window and in a usable mode. A value; copies are independent.
#pragma once

#include <cstdint>
#include <vector>

#include "base/nanos.h"
#include "solve/problem.h"

namespace takt {

// A latest end that is none, and far enough from the ends of int64 to be added to.
inline constexpr Nanos kNoEnd{INT64_MAX / 4};

class Windows {
 public:
  // Heads; no latest ends but those of commitments; the modes that commitments leave.
  explicit Windows(const Problem& problem);

  const Problem& problem() const { return *problem_; }
  Nanos earliest(uint32_t op) const { return earliest_[op]; }
  Nanos latest(uint32_t op) const { return latest_[op]; }
  bool usable(uint32_t op, uint32_t mode) const {
    return usable_[problem_->mode_slot(op) + mode] != 0;
  }
  Nanos least_duration(uint32_t op) const { return least_duration_[op]; }   // of usable modes
  // No schedule meets the assumptions. All further calls have no effect.
  bool contradiction() const { return contradiction_; }
  // Grows with every window that shrinks and every mode that goes.
  uint64_t changes() const { return changes_; }

  void start_after(uint32_t op, Nanos time);     // no earlier than `time`
  void end_before(uint32_t op, Nanos time);      // no later than `time`
  void drop_mode(uint32_t op, uint32_t mode);    // and that of its group
  // Every operation ends by `time`.
  void all_end_before(Nanos time);
  // Precedence with delays and transfers, modes too long for their window: to a fixed point,
  // or as far as a bounded number of passes gets. False: contradiction.
  bool propagate();

 private:
  void fit(uint32_t op);
  void forward(uint32_t op);
  void backward(uint32_t op);
  Nanos arrival(uint32_t op, uint32_t site) const;
  Nanos departure(uint32_t op, uint32_t site) const;

  const Problem* problem_;
  std::vector<Nanos> earliest_, latest_, least_duration_;
  std::vector<char> usable_;
  uint64_t changes_ = 0;
  bool contradiction_ = false;
};

}  // namespace takt
