// Which modes of an instance explain what a plan says of an operation: its lanes, variant
// and duration. A plan names no mode, and two modes may look alike; where several explain an
// operation, it is judged by the one it is best off with.
#pragma once

#include <string>
#include <vector>

#include "model/verify_parts.h"

namespace takt {

class ModeFinder {
 public:
  // REQUIRES: check_instance(instance) is ok. Refers to `instance`.
  explicit ModeFinder(const Instance& instance);

  // The modes of `expected` that explain `op`, ascending; when there are none, `fault` says why.
  std::vector<uint32_t> modes_of(const PlanOp& op, const Operation& expected,
                                 std::string& fault) const;

 private:
  enum class Fit { kLanes, kCountsOnly, kNo };
  Fit fit(const Mode& mode, const std::vector<LaneId>& lanes) const;

  const Instance& instance_;
  std::vector<uint32_t> pool_of_, place_;   // per lane: its pool, its place in it
};

// Operations of a mode group agree: one mode explains all of them. `modes[i]` are those of
// operation i; operations without any are not judged here.
void check_mode_groups(const Plan& plan, const Instance& instance,
                       const std::vector<std::vector<uint32_t>>& modes, Report& report);

// Precedences with delays and the transfer of their bytes between the modes' sites.
void check_precedences(const Plan& plan, const Instance& instance,
                       const std::vector<std::vector<uint32_t>>& modes, Report& report);

}  // namespace takt
