#include "model/verify.h"

#include <algorithm>

#include "base/time_text.h"
#include "model/verify_modes.h"
#include "model/verify_objective.h"
#include "model/verify_parts.h"

namespace takt {
namespace {

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

// Whether the plan has the instance's operation here.
bool check_identity(const Plan& plan, const PlanOp& op, const Instance& instance,
                    const Operation& expected, Report& report) {
  const Job& job = instance.jobs[expected.job.value()];
  if (op.task == job.task && op.job == job.index && op.kind == expected.kind &&
      op.graph_op == expected.graph_op && op.kernel_hash == expected.kernel_hash)
    return true;
  report.add(text_of(plan, op) + ": the instance has task '" +
             instance.tasks[job.task.value()].name + "' job " + std::to_string(job.index) + ' ' +
             std::string(name_of(expected.kind)) + ' ' + std::to_string(expected.graph_op) +
             " here, or another kernel");
  return false;
}

// What binds an operation that is not committed: its release and the instance's not_before.
void check_start(const Plan& plan, const PlanOp& op, const Job& job, const Instance& instance,
                 Report& report) {
  if (op.start < job.release)
    report.add(text_of(plan, op) + ": starts before its job's release at " +
               format_time(job.release));
  if (op.start < instance.not_before)
    report.add(text_of(plan, op) + ": starts before " + format_time(instance.not_before) +
               ", when the plan may begin");
}

void check_commitment(const Plan& plan, const PlanOp& op, const Commitment& done,
                      const std::vector<uint32_t>& modes, Report& report) {
  std::string lanes;
  for (const LaneId lane : done.lanes)
    lanes += (lanes.empty() ? "" : "+") +
             (lane.value() < plan.lanes.size() ? plan.lanes[lane.value()] : "?");
  if (op.start != done.start || op.lanes != done.lanes)
    report.add(text_of(plan, op) + ": is committed to start at " + format_time(done.start) +
               " on " + lanes);
  else if (!modes.empty() && !std::binary_search(modes.begin(), modes.end(), done.mode))
    report.add(text_of(plan, op) + ": is committed to mode " + std::to_string(done.mode) +
               ", which is not this one");
}

std::vector<const Commitment*> commitments_of(const Instance& instance) {
  std::vector<const Commitment*> committed(instance.operations.size(), nullptr);
  for (const Commitment& done : instance.commitments) committed[done.op.value()] = &done;
  return committed;
}

// The modes that explain each operation; empty where it is not what the instance asks for.
std::vector<std::vector<uint32_t>> check_operations(
    const Plan& plan, const Instance& instance, const std::vector<const Commitment*>& committed,
    Report& report) {
  const ModeFinder finder(instance);
  std::vector<std::vector<uint32_t>> modes(
      std::min(plan.operations.size(), instance.operations.size()));
  for (size_t i = 0; i < modes.size(); ++i) {
    const PlanOp& op = plan.operations[i];
    const Operation& expected = instance.operations[i];
    if (!check_identity(plan, op, instance, expected, report)) continue;
    std::string fault;
    modes[i] = finder.modes_of(op, expected, fault);
    if (modes[i].empty()) report.add(text_of(plan, op) + ": " + fault);
    if (committed[i])
      check_commitment(plan, op, *committed[i], modes[i], report);
    else
      check_start(plan, op, instance.jobs[expected.job.value()], instance, report);
  }
  return modes;
}

void check_outages(const Plan& plan, const Instance& instance,
                   const std::vector<const Commitment*>& committed, Report& report) {
  std::vector<std::vector<const Outage*>> of_lane(instance.lane_names.size());
  for (const Outage& outage : instance.outages) of_lane[outage.lane.value()].push_back(&outage);
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    const PlanOp& op = plan.operations[i];
    if (i < committed.size() && committed[i]) continue;
    for (const LaneId lane : op.lanes) {
      if (lane.value() >= of_lane.size()) continue;
      for (const Outage* outage : of_lane[lane.value()])
        if (op.start < outage->end && end_of(op) > outage->start)
          report.add(text_of(plan, op) + ": lane " + instance.lane_names[lane.value()] +
                     " is out of use in [" + format_time(outage->start) + ", " +
                     (outage->end == Nanos::max() ? "for good" : format_time(outage->end)) + ')');
    }
  }
}

std::vector<JobTimes> times_of(const Plan& plan, const Instance& instance) {
  std::vector<JobTimes> jobs;
  for (const Job& job : instance.jobs) {
    const InstanceTask& task = instance.tasks[job.task.value()];
    jobs.push_back({job.release, job.deadline, job.release, task.criticality, task.weight});
  }
  const size_t count = std::min(plan.operations.size(), instance.operations.size());
  for (size_t i = 0; i < count; ++i) {
    if (instance.operations[i].kind == Operation::Kind::kSubmit) continue;
    Nanos& completion = jobs[instance.operations[i].job.value()].completion;
    completion = std::max(completion, end_of(plan.operations[i]));
  }
  return jobs;
}

int64_t chain_latency(const Instance& instance, const std::vector<JobTimes>& jobs) {
  int64_t worst = 0;
  for (const InstanceChain& chain : instance.chains)
    for (const ChainRun& run : chain.runs) {
      const Nanos taken = jobs[run.last.value()].completion - jobs[run.first.value()].release;
      worst = std::max(worst, parts_per_million_up(taken, chain.deadline));
    }
  return worst;
}

int64_t control_jitter(const Instance& instance, const std::vector<JobTimes>& jobs) {
  Nanos sum;
  for (uint32_t t = 0; t < instance.tasks.size(); ++t) {
    if (instance.tasks[t].jitter_max == Nanos::max()) continue;
    Nanos least = Nanos::max(), most;
    for (size_t j = 0; j < jobs.size(); ++j)
      if (instance.jobs[j].task == TaskId(t)) {
        const Nanos response = jobs[j].completion - jobs[j].release;
        least = std::min(least, response);
        most = std::max(most, response);
      }
    if (least <= most && most - least > instance.tasks[t].jitter_max)
      sum = saturating_add(sum, most - least - instance.tasks[t].jitter_max);
  }
  return sum.ns;
}

JobFacts facts_of(const Plan& plan, const Instance& instance) {
  JobFacts facts;
  facts.jobs = times_of(plan, instance);
  facts.chain_latency = chain_latency(instance, facts.jobs);
  facts.control_jitter = control_jitter(instance, facts.jobs);
  return facts;
}

}  // namespace

std::vector<Violation> verify(const Plan& plan, const Instance& instance) {
  Report report;
  if (const Status status = check_instance(instance); !status.ok()) {
    report.add("the instance itself is malformed: " + status.error().message);
    return report.take();
  }
  check_head(plan, instance, report);
  check_shape(plan, report);
  // Of another problem: comparing it operation by operation would bury that under its lines.
  if (plan.lanes != instance.lane_names && plan.operations.size() != instance.operations.size())
    return report.take();
  const std::vector<const Commitment*> committed = commitments_of(instance);
  const auto modes = check_operations(plan, instance, committed, report);
  check_overlaps(plan, report);
  check_precedences(plan, instance, modes, report);
  check_mode_groups(plan, instance, modes, report);
  check_outages(plan, instance, committed, report);
  check_objective(plan, facts_of(plan, instance), report);
  return report.take();
}

}  // namespace takt
