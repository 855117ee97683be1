#include "model/verify_objective.h"

#include <algorithm>
#include <set>

#include "base/int128.h"
#include "model/objective.h"

namespace takt {
namespace {

int64_t saturated(Int128 value) {
  return static_cast<int64_t>(std::clamp<Int128>(value, INT64_MIN, INT64_MAX));
}

Int128 response(const std::vector<JobTimes>& jobs) {
  Int128 sum = 0;
  for (const JobTimes& job : jobs)
    if (job.deadline != Nanos::max()) sum += Int128{job.completion.ns} - job.release.ns;
  return sum;
}

Int128 misses(const std::vector<JobTimes>& jobs, Criticality criticality) {
  Int128 count = 0;
  for (const JobTimes& job : jobs)
    count += job.criticality == criticality && job.completion > job.deadline;
  return count;
}

Int128 tardiness(const std::vector<JobTimes>& jobs, Criticality criticality) {
  Int128 sum = 0;
  for (const JobTimes& job : jobs)
    if (job.criticality == criticality && job.completion > job.deadline) {
      const Int128 late = Int128{job.completion.ns} - job.deadline.ns;
      sum += std::min<Int128>(late * job.weight, INT64_MAX);
    }
  return sum;
}

// How a claimed value relates to what the judge knows.
struct Truth {
  enum class Kind { kUnknownName, kUnchecked, kAtLeast, kExact };
  Kind kind = Kind::kUnknownName;
  Int128 value = 0;
};

Truth truth_of_plan(std::string_view level, const Plan& plan) {
  if (level == name_of(Level::kMakespan)) {
    Nanos latest;
    for (const PlanOp& op : plan.operations) latest = std::max(latest, end_of(op));
    return {Truth::Kind::kExact, latest.ns};
  }
  if (level == name_of(Level::kBusy)) {
    Int128 busy = 0;
    for (const PlanOp& op : plan.operations)
      busy += Int128{op.duration.ns} * static_cast<int64_t>(op.lanes.size());
    return {Truth::Kind::kExact, busy};
  }
  if (level == name_of(Level::kActiveLanes)) {
    std::set<LaneId> lanes;
    for (const PlanOp& op : plan.operations) lanes.insert(op.lanes.begin(), op.lanes.end());
    return {Truth::Kind::kExact, static_cast<int64_t>(lanes.size())};
  }
  return {};
}

Truth truth_of(std::string_view level, const Plan& plan, const JobFacts& facts) {
  if (const Truth truth = truth_of_plan(level, plan); truth.kind != Truth::Kind::kUnknownName)
    return truth;
  const auto when_known = [](const std::optional<int64_t>& value) {
    return value ? Truth{Truth::Kind::kExact, *value} : Truth{Truth::Kind::kUnchecked, 0};
  };
  if (level == name_of(Level::kChainLatency)) return when_known(facts.chain_latency);
  if (level == name_of(Level::kControlJitter)) return when_known(facts.control_jitter);
  if (level == "response") return {Truth::Kind::kExact, response(facts.jobs)};
  const Truth::Kind kind = facts.exact ? Truth::Kind::kExact : Truth::Kind::kAtLeast;
  for (const Criticality criticality : kCriticalities) {
    const std::string name(name_of(criticality));
    if (level == name + "_misses") return {kind, misses(facts.jobs, criticality)};
    if (level == name + "_tardiness") return {kind, tardiness(facts.jobs, criticality)};
  }
  return {};
}

void check_level(const ObjectiveLevel& level, const Truth& truth, Report& report) {
  const std::string name = "objective '" + level.name + "': ";
  const int64_t value = saturated(truth.value);
  if (truth.kind == Truth::Kind::kExact ? level.value != value : level.value < value)
    report.add(name + "the plan claims " + std::to_string(level.value) + ", it is " +
               (truth.kind == Truth::Kind::kExact ? "" : "at least ") + std::to_string(value));
  if (level.bound > level.value)
    report.add(name + "the lower bound " + std::to_string(level.bound) + " is above the value " +
               std::to_string(level.value));
  if (level.proof == ObjectiveLevel::Proof::kOptimal && level.bound != level.value)
    report.add(name + "called optimal, but the bound " + std::to_string(level.bound) +
               " is not the value " + std::to_string(level.value));
}

}  // namespace

int64_t parts_per_million_up(Nanos part, Nanos whole) {
  if (part <= Nanos(0)) return 0;
  return saturated((Int128{part.ns} * 1'000'000 + whole.ns - 1) / whole.ns);
}

void check_objective(const Plan& plan, const JobFacts& facts, Report& report) {
  for (const ObjectiveLevel& level : plan.objective) {
    const Truth truth = truth_of(level.name, plan, facts);
    if (truth.kind != Truth::Kind::kUnknownName) {
      check_level(level, truth, report);
      continue;
    }
    std::string known = "response, <criticality>_misses, <criticality>_tardiness";
    for (const Level each : kLevels) known += ", " + std::string(name_of(each));
    report.add("objective '" + level.name +
               "' is not known here and cannot be checked; known are " + known);
  }
}

}  // namespace takt
