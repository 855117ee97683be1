#include "model/verify_parts.h"

#include <algorithm>
#include <optional>

#include "base/int128.h"
#include "base/time_text.h"

namespace takt {
namespace {

// The true value of an objective level; nullopt for a name that verify does not know.
std::optional<int64_t> true_value(const std::string& level, const Plan& plan,
                                  const std::vector<JobTimes>& jobs) {
  Int128 value = 0;
  if (level == "makespan") {
    Nanos latest;
    for (const PlanOp& op : plan.operations) latest = std::max(latest, end_of(op));
    return latest.ns;
  }
  const bool is_response = level == "response";
  bool known = is_response;
  for (const Criticality criticality : kCriticalities) {
    const std::string name(name_of(criticality));
    const bool is_misses = level == name + "_misses";
    if (!is_misses && level != name + "_tardiness") continue;
    known = true;
    for (const JobTimes& job : jobs)
      if (job.criticality == criticality && job.completion > job.deadline)
        value += is_misses ? 1 : (job.completion - job.deadline).ns;
  }
  if (is_response)
    for (const JobTimes& job : jobs)
      if (job.deadline != Nanos::max()) value += (job.completion - job.release).ns;
  if (!known) return std::nullopt;
  return static_cast<int64_t>(std::min<Int128>(value, INT64_MAX));
}

void check_level(const ObjectiveLevel& level, int64_t truth, bool is_floor, Report& report) {
  const std::string name = "objective '" + level.name + "': ";
  if (is_floor ? level.value < truth : level.value != truth)
    report.add(name + "the plan claims " + std::to_string(level.value) + ", it is " +
               (is_floor ? "at least " : "") + std::to_string(truth));
  if (level.bound > level.value)
    report.add(name + "the lower bound " + std::to_string(level.bound) + " is above the value " +
               std::to_string(level.value));
  if (level.proof == ObjectiveLevel::Proof::kOptimal && level.bound != level.value)
    report.add(name + "called optimal, but the bound " + std::to_string(level.bound) +
               " is not the value " + std::to_string(level.value));
}

}  // namespace

Nanos saturating_add(Nanos a, Nanos b) {
  const Int128 sum = Int128{a.ns} + b.ns;
  return Nanos(static_cast<int64_t>(std::clamp<Int128>(sum, INT64_MIN, INT64_MAX)));
}

Nanos end_of(const PlanOp& op) { return saturating_add(op.start, op.duration); }

std::string text_of(const Plan& plan, const PlanOp& op) {
  std::string text = "task ";
  if (op.task.value() < plan.tasks.size())
    text += '\'' + plan.tasks[op.task.value()].name + '\'';
  else
    text += '#' + std::to_string(op.task.value());
  text += " job " + std::to_string(op.job);
  text += op.kind == Operation::Kind::kSubmit ? " submit" : " operation " +
                                                                std::to_string(op.graph_op);
  text += " on ";
  for (size_t i = 0; i < op.lanes.size(); ++i) {
    const uint32_t lane = op.lanes[i].value();
    text += i ? "+" : "";
    text += lane < plan.lanes.size() ? plan.lanes[lane] : '#' + std::to_string(lane);
  }
  if (op.lanes.empty()) text += "no lane";
  return text + " [" + format_time(op.start) + ", " + format_time(end_of(op)) + ')';
}

void check_shape(const Plan& plan, Report& report) {
  for (const PlanOp& op : plan.operations) {
    const auto bad = [&](const std::string& what) { report.add(text_of(plan, op) + ": " + what); };
    if (op.task.value() >= plan.tasks.size())
      bad("the plan has no such task");
    else if (op.job >= plan.tasks[op.task.value()].jobs)
      bad("its task has " + std::to_string(plan.tasks[op.task.value()].jobs) + " jobs");
    if (op.lanes.empty()) bad("needs at least one lane");
    for (size_t i = 0; i < op.lanes.size(); ++i) {
      if (op.lanes[i].value() >= plan.lanes.size()) bad("a lane does not exist");
      if (i > 0 && op.lanes[i] <= op.lanes[i - 1]) bad("lanes must be ascending and distinct");
    }
    if (op.start < Nanos(0)) bad("starts before the window");
    if (op.duration <= Nanos(0)) bad("its duration is not positive");
    if (end_of(op) > plan.window)
      bad("ends after the window of " + format_time(plan.window));
  }
}

void check_overlaps(const Plan& plan, Report& report) {
  struct Use {
    uint32_t lane;
    const PlanOp* op;
  };
  std::vector<Use> uses;
  for (const PlanOp& op : plan.operations)
    for (const LaneId lane : op.lanes)
      if (lane.value() < plan.lanes.size()) uses.push_back({lane.value(), &op});
  std::stable_sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) {
    return std::pair(a.lane, a.op->start) < std::pair(b.lane, b.op->start);
  });
  const Use* longest = nullptr;   // of the lane so far, the use that ends last
  for (const Use& use : uses) {
    if (longest && longest->lane == use.lane && longest->op != use.op &&
        use.op->start < end_of(*longest->op))
      report.add("lane " + plan.lanes[use.lane] + " runs two operations at once: " +
                 text_of(plan, *longest->op) + " and " + text_of(plan, *use.op));
    if (!longest || longest->lane != use.lane || end_of(*use.op) > end_of(*longest->op))
      longest = &use;
  }
}

void check_objective(const Plan& plan, const std::vector<JobTimes>& jobs, Claims claims,
                     Report& report) {
  for (const ObjectiveLevel& level : plan.objective) {
    const std::optional<int64_t> truth = true_value(level.name, plan, jobs);
    if (!truth) {
      report.add("objective '" + level.name +
                 "' is not known here and cannot be checked; known are makespan, response and "
                 "<criticality>_misses, <criticality>_tardiness");
      continue;
    }
    const bool is_floor = claims == Claims::kAtLeast && level.name != "makespan" &&
                          level.name != "response";
    check_level(level, *truth, is_floor, report);
  }
}

}  // namespace takt
