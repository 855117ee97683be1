#include "app/plan_report.h"

#include <cstdio>

#include "app/report.h"

namespace takt {
namespace {

template <class... Args>
std::string format(const char* pattern, Args... args) {
  char buffer[512];
  std::snprintf(buffer, sizeof buffer, pattern, args...);
  return buffer;
}

std::string shown_time(Nanos time) {
  return time == Nanos::max() ? "none" : duration_text(time);
}

double percent(Nanos part, Nanos whole) {
  return whole.ns > 0 ? 100.0 * static_cast<double>(part.ns) / static_cast<double>(whole.ns) : 0;
}

bool is_time(const ObjectiveLevel& level) {
  return level.name == "makespan" || level.name == "soft_tardiness";
}

std::string job_name(const Instance& instance, JobId id) {
  const Job& job = instance.jobs[id.value()];
  return instance.tasks[job.task.value()].name + format("[%u]", job.index);
}

std::string op_name(const Instance& instance, const std::vector<DispatchGraph>& graphs,
                    uint32_t op) {
  const Operation& operation = instance.operations[op];
  const Job& job = instance.jobs[operation.job.value()];
  const InstanceTask& task = instance.tasks[job.task.value()];
  const std::string owner = job_name(instance, operation.job);
  if (operation.kind == Operation::Kind::kSubmit) return owner + " submit of the next job";
  std::string what = "op";
  if (task.module.value() < graphs.size()) {
    const DispatchGraph& graph = graphs[task.module.value()];
    if (const GraphFunction* function = graph.find(task.function)) {
      const GraphOp& graph_op = function->ops[operation.graph_op];
      what = graph_op.kind == OpKind::kDispatch ? graph.kernels[graph_op.kernel.value()].entry
                                                : std::string(name_of(graph_op.kind));
    }
  }
  return owner + format(" %u %s", operation.graph_op, what.c_str());
}

std::string lanes_text(const Plan& plan, const PlanOp& op) {
  std::string text;
  for (const LaneId lane : op.lanes)
    text += (text.empty() ? "" : "+") + plan.lanes[lane.value()];
  return text;
}

}  // namespace

std::string objective_text(const Plan& plan) {
  std::string text;
  for (const ObjectiveLevel& level : plan.objective) {
    const std::string value = is_time(level) ? shown_time(Nanos(level.value))
                                             : std::to_string(level.value);
    const std::string bound = is_time(level) ? shown_time(Nanos(level.bound))
                                             : std::to_string(level.bound);
    text += format("  %-15s %12s   bound %12s   ", level.name.c_str(), value.c_str(),
                   bound.c_str());
    text += level.proof == ObjectiveLevel::Proof::kOptimal
                ? "optimal\n"
                : format("gap %.2f %%\n", level.gap_pct());
  }
  return text;
}

std::string summary_text(const Instance& instance, const Explanation& explanation) {
  std::string text = format("  %-20s %-11s %6s %12s %12s %6s\n", "task", "criticality", "jobs",
                            "response", "slack", "late");
  for (const TaskReport& report : explanation.tasks) {
    const InstanceTask& task = instance.tasks[report.task.value()];
    text += format("  %-20s %-11s %6u %12s %12s %6u", task.name.c_str(),
                   std::string(name_of(task.criticality)).c_str(), report.jobs,
                   shown_time(report.response_max).c_str(), shown_time(report.slack_min).c_str(),
                   report.late);
    if (report.impossible > 0)
      text += format("  (%u could not be on time even alone)", report.impossible);
    text += '\n';
  }
  text += "  lane load:";
  for (const LaneReport& lane : explanation.lanes)
    text += format("  %s %.1f %%", instance.lane_names[lane.lane.value()].c_str(),
                   100 * lane.load);
  return text + '\n';
}

std::string chains_text(const Instance& instance, const Plan& plan,
                        const Explanation& explanation,
                        const std::vector<DispatchGraph>& graphs) {
  static constexpr const char* kWaits[] = {"released", "input", "lane"};
  std::string text;
  for (const TaskReport& report : explanation.tasks) {
    const Job& job = instance.jobs[report.tightest.value()];
    text += format("critical chain of %s[%u] (times from its release at %s):\n",
                   instance.tasks[report.task.value()].name.c_str(), job.index,
                   shown_time(job.release).c_str());
    const std::vector<ChainLink>& chain = report.chain;
    for (size_t i = 0; i < chain.size();) {
      // Work of other jobs in the way is one line per job.
      const JobId owner = instance.operations[chain[i].op].job;
      size_t last = i;
      if (owner != report.tightest)
        while (last + 1 < chain.size() && instance.operations[chain[last + 1].op].job == owner)
          ++last;
      const PlanOp& first_op = plan.operations[chain[i].op];
      const PlanOp& last_op = plan.operations[chain[last].op];
      text += format("  %11s + %-10s %-9s ", shown_time(first_op.start - job.release).c_str(),
                     shown_time(last_op.end() - first_op.start).c_str(),
                     kWaits[static_cast<int>(chain[i].waits)]);
      text += last > i ? format("%zu operations of %s", last - i + 1,
                                job_name(instance, owner).c_str())
                       : op_name(instance, graphs, chain[i].op);
      text += " on " + lanes_text(plan, last_op) + '\n';
      i = last + 1;
    }
  }
  return text;
}

std::string overrun_text(const Instance& instance, const Soc& soc,
                         const Explanation& explanation) {
  std::string text = "workload '" + instance.name + "' does not fit its window of " +
                     shown_time(explanation.window) + ": the last operation ends " +
                     shown_time(explanation.overrun) + " after it.";
  for (const PoolReport& report : explanation.pools) {
    const size_t pool = report.pool.value();
    const std::string lane_class =
        pool < soc.clusters.size() ? soc.clusters[pool].core_class
                                   : soc.accelerators[pool - soc.clusters.size()].kind;
    text += format(" Lane class %s (%s, %zu lanes) is asked for at least %s of %s lane time, "
                   "%.0f %%.",
                   lane_class.c_str(), instance.pools[pool].name.c_str(),
                   instance.pools[pool].lanes.size(), shown_time(report.asked).c_str(),
                   shown_time(report.offered).c_str(), percent(report.asked, report.offered));
  }
  text += " Lower a rate, shorten a network, or give the workload more lanes; by task:";
  std::vector<Nanos> asked(instance.tasks.size());
  for (const Operation& operation : instance.operations) {
    Nanos least = Nanos::max();
    for (const Mode& mode : operation.modes) {
      int lanes = 0;
      for (const Demand& demand : mode.demands) lanes += demand.count;
      least = std::min(least, mode.duration * lanes);
    }
    asked[instance.jobs[operation.job.value()].task.value()] += least;
  }
  for (size_t t = 0; t < asked.size(); ++t)
    text += format("%s %s %s", t ? "," : "", instance.tasks[t].name.c_str(),
                   shown_time(asked[t]).c_str());
  return text + " of lane time.";
}

}  // namespace takt
