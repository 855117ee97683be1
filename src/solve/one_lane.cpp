#include "solve/one_lane.h"

#include <algorithm>

namespace takt {

bool OneLaneView::supports(const Problem& problem) {
  const Instance& instance = problem.instance();
  if (problem.periodic() || !instance.commitments.empty() || !instance.outages.empty() ||
      !instance.mode_groups.empty() || !instance.links.empty() ||
      instance.not_before > Nanos(0))
    return false;
  for (uint32_t op = 0; op < problem.size(); ++op)
    for (const FlatMode& mode : problem.modes(op))
      if (mode.lanes != 1) return false;
  return true;
}

OneLaneView::OneLaneView(const Problem& problem) : problem_(&problem) {
  const Instance& instance = problem.instance();
  begin_.push_back(0);
  std::vector<Alternative> found;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    found.clear();
    const auto modes = problem.modes(op);
    for (uint32_t m = 0; m < modes.size(); ++m)
      for (const LaneId lane : instance.pools[modes[m].demands.front().pool.value()].lanes)
        found.push_back({lane.value(), m, modes[m].duration.ns});
    std::sort(found.begin(), found.end(), [](const Alternative& a, const Alternative& b) {
      return a.lane != b.lane ? a.lane < b.lane : a.duration < b.duration;
    });
    for (const Alternative& each : found)
      if (all_.size() == begin_.back() || all_.back().lane != each.lane) all_.push_back(each);
    begin_.push_back(static_cast<uint32_t>(all_.size()));
  }
}

}  // namespace takt
