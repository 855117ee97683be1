// What both judges of a plan share (verify.cpp, verify_graphs.cpp): the list of
// violations, how an operation is named in it, and the checks that need only the plan.
// Holds for any Plan value, however broken: indices are checked before use and times
// are added without overflow.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "model/plan.h"
#include "model/verify.h"

namespace takt {

class Report {
 public:
  static constexpr size_t kShownMax = 1000;

  void add(std::string what) {
    if (++count_ <= kShownMax) violations_.push_back({std::move(what)});
  }
  std::vector<Violation> take() {
    if (count_ > kShownMax)
      violations_.push_back({"and " + std::to_string(count_ - kShownMax) + " more violations"});
    return std::move(violations_);
  }

 private:
  size_t count_ = 0;
  std::vector<Violation> violations_;
};

Nanos saturating_add(Nanos a, Nanos b);
Nanos end_of(const PlanOp& op);

// "task 'policy' job 3 operation 5 on big.0+big.1 [2ms, 2500us)"
std::string text_of(const Plan& plan, const PlanOp& op);

// Lanes exist and are distinct, durations positive, everything inside [0, window).
void check_shape(const Plan& plan, Report& report);
// Every lane runs one operation at a time.
void check_overlaps(const Plan& plan, Report& report);

}  // namespace takt
