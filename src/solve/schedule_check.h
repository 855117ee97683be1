// For tests: what is wrong with a schedule, checked against the Instance alone.
#pragma once

#include <algorithm>
#include <set>
#include <string>

#include "solve/schedule.h"

namespace takt {

// Whether these are lanes that the mode may run on; null: they are.
inline const char* fault_of_lanes(const Instance& instance, const Mode& mode,
                                  const std::set<uint32_t>& lanes) {
  size_t total = 0;
  for (const Demand& demand : mode.demands) {
    const Pool& pool = instance.pools[demand.pool.value()];
    const auto count = static_cast<size_t>(demand.count);
    std::vector<size_t> places;
    for (size_t i = 0; i < pool.lanes.size(); ++i)
      if (lanes.contains(pool.lanes[i].value())) places.push_back(i);
    if (places.size() != count) return "takes another count of lanes than its mode";
    if (pool.aligned && (places[0] % count != 0 || places.back() != places[0] + count - 1))
      return "its lanes are no aligned block";
    total += count;
  }
  return lanes.size() == total ? nullptr : "takes lanes its mode does not ask for";
}

// Empty: nothing is. Overrun is no fault here.
inline std::string fault_of(const Instance& instance, const Problem& problem,
                            const Schedule& schedule) {
  const auto n = static_cast<uint32_t>(instance.operations.size());
  const auto mode_of = [&](uint32_t op) -> const Mode& {
    return instance.operations[op].modes[schedule.mode[op]];
  };
  const auto end_of = [&](uint32_t op) { return schedule.start[op] + mode_of(op).duration; };
  const auto site_of = [&](uint32_t op) {
    return instance.pools[mode_of(op).demands.front().pool.value()].site;
  };
  std::vector<std::set<uint32_t>> lanes(n);
  std::vector<char> committed(n, 0);
  for (uint32_t op = 0; op < n; ++op) {
    const auto used = schedule.lanes_of(problem, op);
    lanes[op].insert(used.begin(), used.end());
    const char* fault = !std::is_sorted(used.begin(), used.end())
                            ? "lanes are not ascending"
                            : fault_of_lanes(instance, mode_of(op), lanes[op]);
    if (fault != nullptr) return "op " + std::to_string(op) + ": " + fault;
  }
  for (const Commitment& done : instance.commitments) {
    const uint32_t op = done.op.value();
    committed[op] = 1;
    std::set<uint32_t> expected;
    for (const LaneId lane : done.lanes) expected.insert(lane.value());
    if (schedule.start[op] != done.start || schedule.mode[op] != done.mode ||
        lanes[op] != expected)
      return "op " + std::to_string(op) + ": leaves its commitment";
  }
  const auto meet = [](Nanos a, Nanos a_end, Nanos b, Nanos b_end) {
    return a < b_end && b < a_end;
  };
  for (uint32_t op = 0; op < n; ++op) {
    const std::string who = "op " + std::to_string(op);
    const Nanos start = schedule.start[op], end = end_of(op);
    if (!committed[op]) {
      if (start < instance.jobs[instance.operations[op].job.value()].release)
        return who + ": starts before its release";
      if (start < instance.not_before) return who + ": starts before not_before";
      for (const Outage& outage : instance.outages)
        if (lanes[op].contains(outage.lane.value()) && meet(start, end, outage.start, outage.end))
          return who + ": runs on a lane that is out";
    }
    for (uint32_t other = 0; other < op; ++other)
      for (const uint32_t lane : lanes[op])
        if (lanes[other].contains(lane) && meet(start, end, schedule.start[other], end_of(other)))
          return who + ": overlaps op " + std::to_string(other) + " on a lane";
  }
  for (const Precedence& edge : instance.precedences) {
    const uint32_t a = edge.before.value(), b = edge.after.value();
    if (schedule.start[b] < end_of(a) + edge.delay +
                                transfer_time(instance, site_of(a), site_of(b), edge.bytes))
      return "op " + std::to_string(b) + ": starts before op " + std::to_string(a) + " allows";
  }
  for (const auto& group : instance.mode_groups)
    for (const OpId op : group)
      if (schedule.mode[op.value()] != schedule.mode[group.front().value()])
        return "op " + std::to_string(op.value()) + ": another mode than its group";
  return "";
}

}  // namespace takt
