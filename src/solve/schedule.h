// Schedule: a decision for every operation of a Problem, in the solver's own form.
// plan_of() (make_plan.h) turns it into a Plan.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/nanos.h"
#include "solve/problem.h"
#include "solve/score.h"

namespace takt {

struct Schedule {
  std::vector<Nanos> start;
  std::vector<uint32_t> mode;       // index into Operation::modes
  std::vector<uint32_t> lanes;      // at Problem::lane_slot(op), ascending, FlatMode::lanes many

  void resize(const Problem& problem) {
    start.resize(problem.size());
    mode.resize(problem.size());
    lanes.resize(problem.lane_slots());
  }
  const FlatMode& mode_of(const Problem& problem, uint32_t op) const {
    return problem.modes(op)[mode[op]];
  }
  Nanos end(const Problem& problem, uint32_t op) const {
    return start[op] + mode_of(problem, op).duration;
  }
  std::span<const uint32_t> lanes_of(const Problem& problem, uint32_t op) const {
    return std::span<const uint32_t>(lanes).subspan(
        problem.lane_slot(op), static_cast<size_t>(mode_of(problem, op).lanes));
  }
};

// What the schedule is worth on every level. REQUIRES: a valid schedule.
Score score_of(const Problem& problem, const Schedule& schedule);

// When each job is done: the latest end of its graph operations (its submit not counted).
std::vector<Nanos> completions(const Problem& problem, const Schedule& schedule);

}  // namespace takt
