#include "model/verify.h"

#include <algorithm>

#include "base/time_text.h"
#include "model/verify_parts.h"

namespace takt {
namespace {

// The instance itself may come from anywhere: its indices are checked before use.
bool is_well_formed(const Instance& instance) {
  const auto lane_ok = [&](LaneId lane) { return lane.value() < instance.lane_names.size(); };
  for (const Pool& pool : instance.pools)
    if (!std::all_of(pool.lanes.begin(), pool.lanes.end(), lane_ok)) return false;
  for (const Job& job : instance.jobs)
    if (job.task.value() >= instance.tasks.size()) return false;
  for (const Operation& op : instance.operations) {
    if (op.job.value() >= instance.jobs.size()) return false;
    for (const Mode& mode : op.modes)
      for (const Demand& demand : mode.demands)
        if (demand.pool.value() >= instance.pools.size() || demand.count < 0) return false;
  }
  for (const Precedence& edge : instance.precedences)
    if (edge.before.value() >= instance.operations.size() ||
        edge.after.value() >= instance.operations.size())
      return false;
  return true;
}

// Whether `lanes` can be dealt out to the demands of `mode`, all of them: bipartite
// matching by augmenting paths, as pools may share lanes.
class LaneMatching {
 public:
  explicit LaneMatching(const Instance& instance)
      : in_pool_(instance.pools.size(), std::vector<char>(instance.lane_names.size(), 0)) {
    for (size_t p = 0; p < instance.pools.size(); ++p)
      for (const LaneId lane : instance.pools[p].lanes) in_pool_[p][lane.value()] = 1;
  }

  bool fits(const Mode& mode, const std::vector<LaneId>& lanes) {
    slots_.clear();
    for (const Demand& demand : mode.demands) {
      if (static_cast<size_t>(demand.count) > lanes.size()) return false;
      slots_.insert(slots_.end(), static_cast<size_t>(demand.count), demand.pool.value());
    }
    if (slots_.size() != lanes.size()) return false;
    lane_of_.assign(slots_.size(), -1);
    for (size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i].value() >= (in_pool_.empty() ? 0 : in_pool_[0].size())) return false;
      visited_.assign(slots_.size(), 0);
      if (!place(lanes, static_cast<int>(i))) return false;
    }
    return true;
  }

 private:
  bool place(const std::vector<LaneId>& lanes, int i) {
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
      if (visited_[slot] || !in_pool_[slots_[slot]][lanes[static_cast<size_t>(i)].value()])
        continue;
      visited_[slot] = 1;
      if (lane_of_[slot] < 0 || place(lanes, lane_of_[slot])) {
        lane_of_[slot] = i;
        return true;
      }
    }
    return false;
  }

  std::vector<std::vector<char>> in_pool_;   // [pool][lane]
  std::vector<size_t> slots_;                // pool of each demanded lane
  std::vector<int> lane_of_;                 // index into the lanes, per slot
  std::vector<char> visited_;
};

void check_mode(const Plan& plan, const PlanOp& op, const Operation& expected,
                LaneMatching& matching, Report& report) {
  bool lanes_fit = false, variant_fits = false;
  std::string durations;
  for (const Mode& mode : expected.modes) {
    if (!matching.fits(mode, op.lanes)) continue;
    lanes_fit = true;
    if (mode.variant != op.variant) continue;
    variant_fits = true;
    if (mode.duration == op.duration) return;
    durations += ' ' + format_time(mode.duration);
  }
  report.add(text_of(plan, op) + ": " +
             (!lanes_fit      ? "these lanes are none of its modes"
              : !variant_fits ? "variant '" + op.variant + "' is none of its modes on these lanes"
                              : "planned to take " + format_time(op.duration) +
                                    ", its modes on these lanes take" + durations));
}

void check_tasks(const Plan& plan, const Instance& instance, Report& report) {
  if (plan.tasks.size() != instance.tasks.size())
    return report.add("the plan has " + std::to_string(plan.tasks.size()) +
                      " tasks, the instance " + std::to_string(instance.tasks.size()));
  std::vector<uint32_t> jobs(instance.tasks.size(), 0);
  for (const Job& job : instance.jobs) ++jobs[job.task.value()];
  for (size_t i = 0; i < jobs.size(); ++i) {
    const PlanTask& task = plan.tasks[i];
    const InstanceTask& expected = instance.tasks[i];
    if (task.name != expected.name || task.module != expected.module ||
        task.function != expected.function || task.criticality != expected.criticality ||
        task.priority != expected.priority)
      report.add("task '" + task.name + "' is not task '" + expected.name +
                 "' of the instance: name, module, function, criticality or priority differ");
    if (task.jobs != jobs[i])
      report.add("task '" + task.name + "' has " + std::to_string(task.jobs) +
                 " jobs in the plan, " + std::to_string(jobs[i]) + " in the instance");
  }
}

void check_head(const Plan& plan, const Instance& instance, Report& report) {
  if (const std::string hash = instance.hash(); plan.instance_hash != hash)
    report.add("the plan is for instance " + plan.instance_hash + ", this instance is " + hash +
               ": workload, graphs, SoC or costs have changed; plan again");
  if (plan.lanes != instance.lane_names) report.add("the plan's lanes are not the instance's");
  if (plan.window != instance.horizon)
    report.add("the plan's window is " + format_time(plan.window) + ", the instance's " +
               format_time(instance.horizon));
  if (plan.operations.size() != instance.operations.size())
    report.add("the plan has " + std::to_string(plan.operations.size()) +
               " operations, the instance " + std::to_string(instance.operations.size()));
  check_tasks(plan, instance, report);
}

void check_operation(const Plan& plan, const PlanOp& op, const Instance& instance,
                     const Operation& expected, LaneMatching& matching, Report& report) {
  const Job& job = instance.jobs[expected.job.value()];
  if (op.task != job.task || op.job != job.index || op.kind != expected.kind ||
      op.graph_op != expected.graph_op || op.kernel_hash != expected.kernel_hash)
    return report.add(text_of(plan, op) + ": the instance has task '" +
                      instance.tasks[job.task.value()].name + "' job " +
                      std::to_string(job.index) + ' ' + std::string(name_of(expected.kind)) + ' ' +
                      std::to_string(expected.graph_op) + " here, or another kernel");
  if (op.start < job.release)
    report.add(text_of(plan, op) + ": starts before its job's release at " +
               format_time(job.release));
  check_mode(plan, op, expected, matching, report);
}

void check_precedences(const Plan& plan, const Instance& instance, Report& report) {
  for (const Precedence& edge : instance.precedences) {
    if (std::max(edge.before.value(), edge.after.value()) >= plan.operations.size()) continue;
    const PlanOp& before = plan.operations[edge.before.value()];
    const PlanOp& after = plan.operations[edge.after.value()];
    if (after.start >= saturating_add(end_of(before), edge.delay)) continue;
    report.add(text_of(plan, after) + ": starts before " + text_of(plan, before) +
               (edge.delay == Nanos(0) ? " has ended"
                                       : " has ended and " + format_time(edge.delay) +
                                             " have passed"));
  }
}

std::vector<JobTimes> times_of(const Plan& plan, const Instance& instance) {
  std::vector<JobTimes> jobs;
  for (const Job& job : instance.jobs)
    jobs.push_back({job.release, job.deadline, job.release,
                    instance.tasks[job.task.value()].criticality});
  const size_t count = std::min(plan.operations.size(), instance.operations.size());
  for (size_t i = 0; i < count; ++i) {
    if (instance.operations[i].kind == Operation::Kind::kSubmit) continue;
    Nanos& completion = jobs[instance.operations[i].job.value()].completion;
    completion = std::max(completion, end_of(plan.operations[i]));
  }
  return jobs;
}

}  // namespace

std::vector<Violation> verify(const Plan& plan, const Instance& instance) {
  Report report;
  if (!is_well_formed(instance)) {
    report.add("the instance '" + instance.name +
               "' itself is malformed: an index is out of range");
    return report.take();
  }
  check_head(plan, instance, report);
  check_shape(plan, report);
  LaneMatching matching(instance);
  const size_t count = std::min(plan.operations.size(), instance.operations.size());
  for (size_t i = 0; i < count; ++i)
    check_operation(plan, plan.operations[i], instance, instance.operations[i], matching, report);
  check_overlaps(plan, report);
  check_precedences(plan, instance, report);
  check_objective(plan, times_of(plan, instance), Claims::kExact, report);
  return report.take();
}

}  // namespace takt
