// An instance that uses every field, and a plan for it: for tests.
#pragma once

#include "model/instance.h"
#include "model/plan.h"

namespace takt {

// Two clusters at two sites, the first aligned; two jobs of one task, two operations each,
// the first of which is committed.
inline Instance whole_instance() {
  Instance instance;
  instance.name = "x";
  instance.lane_names = {"a.0", "a.1", "a.2", "a.3", "b.0"};
  instance.pools = {{"a", {LaneId(0u), LaneId(1u), LaneId(2u), LaneId(3u)}, true, 0},
                    {"b", {LaneId(4u)}, false, 1}};
  instance.links = {{0, 1, Nanos(5), 100}};
  instance.tasks = {{"t", ModuleId(), "main", Criticality::kHard, 0, 3, Nanos(10)}};
  for (uint32_t k = 0; k < 2; ++k) {
    instance.jobs.push_back({TaskId(0u), k, Nanos(100 * k), Nanos(100 * k + 50), 2 * k, 2});
    for (uint32_t i = 0; i < 2; ++i)
      instance.operations.push_back({Operation::Kind::kGraphOp, JobId(k), i, "k",
                                     {{{{PoolId(0u), 2}}, "default", Nanos(10)},
                                      {{{PoolId(1u), 1}}, "default", Nanos(20)}}});
    instance.precedences.push_back({OpId(2 * k), OpId(2 * k + 1), Nanos(1), 2});
  }
  instance.chains = {{"c", Nanos(50), {{JobId(0u), JobId(1u)}}}};
  instance.mode_groups = {{OpId(0u), OpId(2u)}};
  instance.commitments = {{OpId(0u), Nanos(0), 0, {LaneId(2u), LaneId(3u)}}};
  instance.outages = {{LaneId(1u), Nanos(5), Nanos(40)}};
  instance.not_before = Nanos(8);
  instance.horizon = Nanos(300);
  return instance;
}

// A valid plan of it, with the value of every level.
inline Plan whole_plan() {
  Plan plan;
  const Instance instance = whole_instance();
  plan.instance_hash = instance.hash();
  plan.lanes = instance.lane_names;
  plan.window = instance.horizon;
  plan.tasks = {{"t", ModuleId(), "main", Criticality::kHard, 0, {}, Nanos(0), Nanos::max(), 2}};
  const std::vector<LaneId> low{LaneId(0u), LaneId(1u)}, high{LaneId(2u), LaneId(3u)};
  const auto add = [&](uint32_t job, uint32_t op, int64_t start, int64_t duration,
                       const std::vector<LaneId>& lanes) {
    plan.operations.push_back({TaskId(0u), job, Operation::Kind::kGraphOp, op, "k", Nanos(start),
                               Nanos(duration), lanes, "default"});
  };
  add(0, 0, 0, 10, high);
  add(0, 1, 11, 10, high);
  add(1, 0, 100, 10, low);
  add(1, 1, 136, 20, {LaneId(4u)});
  const std::pair<const char*, int64_t> values[] = {
      {"hard_misses", 1},        {"hard_tardiness", 18}, {"firm_misses", 0},
      {"chain_latency", 3'120'000}, {"control_jitter", 25}, {"soft_tardiness", 0},
      {"makespan", 156},         {"active_lanes", 5},    {"busy", 80}};
  for (const auto& [name, value] : values)
    plan.objective.push_back({name, value, 0, value == 0 ? ObjectiveLevel::Proof::kOptimal
                                                         : ObjectiveLevel::Proof::kGap});
  return plan;
}

}  // namespace takt
