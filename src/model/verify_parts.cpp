#include "model/verify_parts.h"

#include <algorithm>

#include "base/int128.h"
#include "base/time_text.h"

namespace takt {
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

}  // namespace takt
