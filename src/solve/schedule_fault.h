// What a valid schedule is, said again for tests without the solver's own timeline, readiness
// or scores: pairs of operations are compared one by one.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "model/instance.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

namespace schedule_fault {

inline std::string wrong_lanes(const Instance& instance, const Mode& mode,
                               std::span<const uint32_t> lanes) {
  size_t asked = 0;
  for (const Demand& demand : mode.demands) {
    const Pool& pool = instance.pools[demand.pool.value()];
    const auto count = static_cast<size_t>(demand.count);
    std::vector<size_t> places;                // in the pool
    for (size_t i = 0; i < pool.lanes.size(); ++i)
      if (std::count(lanes.begin(), lanes.end(), pool.lanes[i].value())) places.push_back(i);
    if (places.size() != count) return "has the wrong number of lanes of " + pool.name;
    if (pool.aligned && (places.front() % count != 0 || places.back() - places.front() >= count))
      return "is not on a block of " + pool.name;
    asked += count;
  }
  if (asked != lanes.size()) return "has lanes it did not ask for";
  for (size_t i = 1; i < lanes.size(); ++i)
    if (lanes[i - 1] >= lanes[i]) return "has lanes twice or unsorted";
  return "";
}

inline bool share_a_lane(std::span<const uint32_t> a, std::span<const uint32_t> b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

}  // namespace schedule_fault

// "" or the first thing that is wrong. Quadratic in the operations.
inline std::string first_fault(const Problem& problem, const Schedule& schedule) {
  using namespace schedule_fault;
  const Instance& instance = problem.instance();
  const auto name = [](uint32_t op) { return "operation " + std::to_string(op); };
  std::vector<char> committed(problem.size(), 0);
  for (const Commitment& done : instance.commitments) {
    const uint32_t op = done.op.value();
    committed[op] = 1;
    if (schedule.start[op] != done.start || schedule.mode[op] != done.mode)
      return name(op) + " is not where it was committed";
    const auto lanes = schedule.lanes_of(problem, op);
    if (!std::equal(lanes.begin(), lanes.end(), done.lanes.begin(), done.lanes.end(),
                    [](uint32_t a, LaneId b) { return a == b.value(); }))
      return name(op) + " is not on the lanes it was committed to";
  }
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Mode& mode = instance.operations[op].modes.at(schedule.mode[op]);
    const auto lanes = schedule.lanes_of(problem, op);
    const Nanos start = schedule.start[op], end = start + mode.duration;
    if (!committed[op]) {
      if (start < instance.jobs[instance.operations[op].job.value()].release)
        return name(op) + " starts before its release";
      if (start < instance.not_before) return name(op) + " starts before not_before";
      for (const Outage& outage : instance.outages)
        if (std::count(lanes.begin(), lanes.end(), outage.lane.value()) && start < outage.end &&
            outage.start < end)
          return name(op) + " runs in an outage";
    }
    const std::string wrong = wrong_lanes(instance, mode, lanes);
    if (!wrong.empty()) return name(op) + " " + wrong;
    for (uint32_t other = 0; other < op; ++other)
      if (start < schedule.end(problem, other) && schedule.start[other] < end &&
          share_a_lane(lanes, schedule.lanes_of(problem, other)))
        return name(op) + " and " + name(other) + " share a lane";
  }
  const auto site = [&](uint32_t op) {
    const Mode& mode = instance.operations[op].modes[schedule.mode[op]];
    return instance.pools[mode.demands.front().pool.value()].site;
  };
  for (const Precedence& edge : instance.precedences) {
    const uint32_t before = edge.before.value(), after = edge.after.value();
    if (committed[after]) continue;
    if (schedule.start[after] < schedule.end(problem, before) + edge.delay +
                                    transfer_time(instance, site(before), site(after), edge.bytes))
      return name(after) + " starts before the data of " + name(before);
  }
  for (const auto& group : instance.mode_groups)
    for (const OpId op : group)
      if (schedule.mode[op.value()] != schedule.mode[group.front().value()])
        return name(op.value()) + " has another mode than its group";
  return "";
}

}  // namespace takt
