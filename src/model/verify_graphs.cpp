// verify() for a plan alone with the graphs it names: what the plan file itself promises
// (periods, phases, jobs) and what the graphs demand (operations, kernels, dependencies).
#include <algorithm>

#include "base/int128.h"
#include "base/time_text.h"
#include "model/verify_objective.h"
#include "model/verify_parts.h"

namespace takt {
namespace {

constexpr uint32_t kMissing = UINT32_MAX;

// The operations of one job in the plan.
struct JobOps {
  std::vector<uint32_t> graph_ops;   // index into Plan::operations per graph_op, or kMissing
  uint32_t submit = kMissing;
  Nanos first_start = Nanos::max();
  Nanos completion = Nanos::min();   // of the graph operations
};
using JobMap = std::map<std::pair<TaskId, uint32_t>, JobOps>;

Nanos release_of(const PlanTask& task, uint32_t job) {
  if (task.period.num_ns <= 0 || task.period.den <= 0) return task.phase;
  const Int128 offset =
      std::min<Int128>(Int128{job} * task.period.num_ns / task.period.den, INT64_MAX);
  return saturating_add(task.phase, Nanos(static_cast<int64_t>(offset)));
}

class GraphJudge {
 public:
  GraphJudge(const Plan& plan, const std::vector<DispatchGraph>& graphs, Report& report)
      : plan_(plan), report_(report), functions_(plan.tasks.size(), nullptr),
        graph_of_(plan.tasks.size(), nullptr) {
    for (size_t t = 0; t < plan.tasks.size(); ++t) find_function(t, graphs);
  }

  void judge() {
    collect();
    for (size_t t = 0; t < plan_.tasks.size(); ++t) check_task(t);
    for (const auto& [key, ops] : jobs_) check_job(key, ops);
    for (auto job = jobs_.begin(); job != jobs_.end(); ++job)
      if (const auto next = std::next(job); next != jobs_.end())
        check_order(job->first, job->second, next->first, next->second);
  }

  // The plan file holds no chains, jitter or weights, and not every deadline.
  JobFacts facts() const {
    JobFacts facts{{}, false, std::nullopt, std::nullopt};
    for (const auto& [key, ops] : jobs_) {
      const PlanTask& task = plan_.tasks[key.first.value()];
      const Nanos release = release_of(task, key.second);
      facts.jobs.push_back({release, saturating_add(release, task.deadline),
                            std::max(release, ops.completion), task.criticality, 1});
    }
    return facts;
  }

 private:
  void find_function(size_t t, const std::vector<DispatchGraph>& graphs) {
    const PlanTask& task = plan_.tasks[t];
    if (!task.module.valid() || task.jobs == 0) return;
    if (task.module.value() >= graphs.size())
      return report_.add("task '" + task.name + "': the plan has no such module");
    graph_of_[t] = &graphs[task.module.value()];
    const GraphFunction* function = graph_of_[t]->find(task.function);
    if (!function)
      return report_.add("task '" + task.name + "': its module has no function '" + task.function +
                         "'");
    if (!function->plannable)
      return report_.add("task '" + task.name + "': function '" + task.function +
                         "' cannot be planned: " + function->reason);
    functions_[t] = function;
  }

  void collect() {
    for (uint32_t i = 0; i < plan_.operations.size(); ++i) {
      const PlanOp& op = plan_.operations[i];
      if (op.task.value() >= plan_.tasks.size()) continue;
      JobOps& job = jobs_[{op.task, op.job}];
      job.first_start = std::min(job.first_start, op.start);
      if (op.kind == Operation::Kind::kSubmit) {
        if (job.submit != kMissing)
          report_.add(text_of(plan_, op) + ": is the job's second submit");
        job.submit = i;
        continue;
      }
      job.completion = std::max(job.completion, end_of(op));
      if (functions_[op.task.value()]) collect_graph_op(i, job);
    }
  }

  void collect_graph_op(uint32_t i, JobOps& job) {
    const PlanOp& op = plan_.operations[i];
    const GraphFunction& function = *functions_[op.task.value()];
    job.graph_ops.resize(function.ops.size(), kMissing);
    if (op.graph_op >= function.ops.size())
      return report_.add(text_of(plan_, op) + ": function '" + function.name + "' has " +
                         std::to_string(function.ops.size()) + " operations");
    if (job.graph_ops[op.graph_op] != kMissing)
      report_.add(text_of(plan_, op) + ": is planned twice");
    job.graph_ops[op.graph_op] = i;
    const DispatchGraph& graph = *graph_of_[op.task.value()];
    const std::string expected = cost_subject(graph, function.ops[op.graph_op]).kernel_hash;
    if (op.kernel_hash != expected)
      report_.add(text_of(plan_, op) + ": the plan has kernel " + op.kernel_hash +
                  " here, the graph " + expected);
  }

  void check_task(size_t t) {
    const PlanTask& task = plan_.tasks[t];
    if (task.jobs == 0) return;
    const std::string name = "task '" + task.name + "': ";
    if (task.period.num_ns > 0 && task.period.den > 0 && plan_.window != Nanos::max() &&
        Int128{task.jobs} * task.period.num_ns != Int128{plan_.window.ns} * task.period.den)
      report_.add(name + std::to_string(task.jobs) +
                  " jobs of its period do not fill the window of " + format_time(plan_.window));
    if (functions_[t] && functions_[t]->ops.empty()) return;
    const auto first = jobs_.lower_bound({TaskId(t), 0});
    const auto last = jobs_.upper_bound({TaskId(t), UINT32_MAX});
    const auto present = static_cast<size_t>(std::distance(first, last));
    if (present < task.jobs)
      report_.add(name + "only " + std::to_string(present) + " of its " +
                  std::to_string(task.jobs) + " jobs have operations");
  }

  void check_job(const std::pair<TaskId, uint32_t>& key, const JobOps& job) {
    const PlanTask& task = plan_.tasks[key.first.value()];
    const std::string name = "task '" + task.name + "' job " + std::to_string(key.second);
    if (const Nanos release = release_of(task, key.second); job.first_start < release)
      report_.add(name + ": starts at " + format_time(job.first_start) +
                  ", before its release at " + format_time(release));
    if (job.submit != kMissing && plan_.operations[job.submit].start < job.completion)
      report_.add(text_of(plan_, plan_.operations[job.submit]) +
                  ": starts before its job is complete at " + format_time(job.completion));
    const GraphFunction* function = functions_[key.first.value()];
    if (!function) return;
    for (uint32_t g = 0; g < function->ops.size(); ++g) {
      const uint32_t after = g < job.graph_ops.size() ? job.graph_ops[g] : kMissing;
      if (after == kMissing) {
        report_.add(name + ": operation " + std::to_string(g) + " is missing");
        continue;
      }
      check_dependencies(function->ops[g], after, job);
    }
  }

  void check_dependencies(const GraphOp& op, uint32_t after, const JobOps& job) {
    for (const Dependency& dep : op.deps) {
      const uint32_t before = dep.op < job.graph_ops.size() ? job.graph_ops[dep.op] : kMissing;
      if (before == kMissing) continue;
      if (plan_.operations[after].start < end_of(plan_.operations[before]))
        report_.add(text_of(plan_, plan_.operations[after]) + ": starts before " +
                    text_of(plan_, plan_.operations[before]) + " has ended (" +
                    std::string(name_of(dep.kind)) + " dependency)");
    }
  }

  // Jobs of one task run in order, the submit of the next between them.
  void check_order(const std::pair<TaskId, uint32_t>& a, const JobOps& job,
                   const std::pair<TaskId, uint32_t>& b, const JobOps& next) {
    if (a.first != b.first || !functions_[a.first.value()]) return;
    Nanos done = job.completion;
    if (job.submit != kMissing) done = std::max(done, end_of(plan_.operations[job.submit]));
    if (next.first_start < done)
      report_.add("task '" + plan_.tasks[a.first.value()].name + "' job " +
                  std::to_string(b.second) + ": starts at " + format_time(next.first_start) +
                  ", before job " + std::to_string(a.second) + " has ended at " +
                  format_time(done));
    if ((job.submit == kMissing) != (next.submit == kMissing))
      report_.add("task '" + plan_.tasks[a.first.value()].name + "': of jobs " +
                  std::to_string(a.second) + " and " + std::to_string(b.second) +
                  " only one has its submit; either every job of a task has one or none");
  }

  const Plan& plan_;
  Report& report_;
  std::vector<const GraphFunction*> functions_;      // per task; nullptr: no graph to check
  std::vector<const DispatchGraph*> graph_of_;
  JobMap jobs_;
};

}  // namespace

std::vector<Violation> verify(const Plan& plan, const std::vector<DispatchGraph>& graphs) {
  Report report;
  if (graphs.size() != plan.modules.size()) {
    report.add("the plan has " + std::to_string(plan.modules.size()) + " modules, " +
               std::to_string(graphs.size()) + " graphs were given");
    return report.take();
  }
  for (size_t m = 0; m < graphs.size(); ++m)
    if (plan.modules[m].vmfb_hash != graphs[m].vmfb_hash)
      report.add("module '" + plan.modules[m].name + "': the plan is for .vmfb " +
                 plan.modules[m].vmfb_hash + ", the graph describes " + graphs[m].vmfb_hash +
                 "; plan again");
  check_shape(plan, report);
  GraphJudge judge(plan, graphs, report);
  judge.judge();
  check_overlaps(plan, report);
  check_objective(plan, judge.facts(), report);
  return report.take();
}

}  // namespace takt
