#include "trace/conformance.h"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/quantile.h"

namespace takt {
namespace {

using Kind = TraceEvent::Kind;

constexpr uint32_t kUnplanned = UINT32_MAX;

// Identifies an operation of a plan or of a run: `job` is the index in the window in a
// plan, the number since the start in a run.
struct OpKey {
  uint32_t task;
  uint64_t job;
  bool submit;
  uint32_t op;
  auto operator<=>(const OpKey&) const = default;
};

struct OpRun {
  OpKey key;                // task as in the plan
  Nanos begin, end;
};

// A set of jobs that was planned together and starts at one time: a window of a
// periodic plan, or one window's jobs of one task of a plan that is not periodic.
using GroupKey = std::pair<uint32_t, uint64_t>;      // task (0 when periodic), window

class Matcher {
 public:
  Matcher(const Plan& plan, const Trace& trace);
  Conformance result();

 private:
  uint32_t jobs_of(uint32_t task) const { return std::max(plan_.tasks[task].jobs, 1u); }
  GroupKey group_of(uint32_t task, uint64_t job) const {
    return {periodic_ ? 0 : task, job / jobs_of(task)};
  }
  void index_plan();
  void read_events();
  void merge_shards();
  Nanos start_of(GroupKey group, const OpRun& fallback, Nanos planned);
  void measure(const OpRun& run, uint32_t plan_op);
  void count_missing();
  void measure_makespans();

  const Plan& plan_;
  const Trace& trace_;
  const bool periodic_;
  std::vector<uint32_t> plan_task_;                    // of each task of the trace
  std::map<OpKey, uint32_t> plan_ops_;
  std::map<std::pair<uint32_t, uint64_t>, int64_t> ops_of_job_;  // (task, index): planned ops
  std::map<uint32_t, std::pair<int64_t, Nanos>> group_plan_;     // GroupKey::first: ops, end
  std::set<std::pair<uint32_t, uint64_t>> jobs_;       // of the run, shed ones left out
  std::set<std::pair<uint32_t, uint64_t>> shed_;
  std::map<GroupKey, Nanos> group_start_;
  std::map<GroupKey, std::pair<int64_t, Nanos>> group_run_;      // matched ops, last end
  std::vector<OpRun> runs_;
  std::vector<Nanos> start_errors_, duration_errors_;
  Conformance out_;
};

Matcher::Matcher(const Plan& plan, const Trace& trace)
    : plan_(plan), trace_(trace), periodic_(plan.window != Nanos::max()) {
  for (const std::string& name : trace.tasks) {
    const auto at = std::find_if(plan.tasks.begin(), plan.tasks.end(),
                                 [&](const PlanTask& task) { return task.name == name; });
    plan_task_.push_back(at == plan.tasks.end() ? kUnplanned
                                                : static_cast<uint32_t>(at - plan.tasks.begin()));
  }
}

void Matcher::index_plan() {
  for (uint32_t i = 0; i < plan_.operations.size(); ++i) {
    const PlanOp& op = plan_.operations[i];
    const uint32_t task = op.task.value();
    const bool submit = op.kind == Operation::Kind::kSubmit;
    plan_ops_[{task, op.job, submit, submit ? 0 : op.graph_op}] = i;
    ++ops_of_job_[{task, op.job}];
    auto& [ops, end] = group_plan_[periodic_ ? 0 : task];
    ++ops;
    end = std::max(end, op.end());
  }
}

void Matcher::read_events() {
  for (const TraceEvent& event : trace_.events) {
    const bool op = event.kind == Kind::kOp || event.kind == Kind::kSubmit;
    const uint32_t task = event.task < plan_task_.size() ? plan_task_[event.task] : kUnplanned;
    if (task == kUnplanned) {
      // Beyond the plan's tasks, one number per task of the trace.
      const auto beyond = static_cast<uint32_t>(plan_.tasks.size() +
                                                std::min<size_t>(event.task, plan_task_.size()));
      if (event.kind == Kind::kOp)
        runs_.push_back({{beyond, event.job, false, event.op}, event.begin, event.end});
      continue;
    }
    if (event.kind == Kind::kJobEnd && static_cast<JobOutcome>(event.value) == JobOutcome::kShed) {
      shed_.insert({task, event.job});
    } else if (op) {
      const bool submit = event.kind == Kind::kSubmit;
      runs_.push_back({{task, event.job, submit, submit ? 0 : event.op}, event.begin, event.end});
    }
    if (op || event.kind == Kind::kRelease || event.kind == Kind::kJobEnd)
      jobs_.insert({task, event.job});
    if (!periodic_ && (event.kind == Kind::kRelease || event.kind == Kind::kJobEnd)) {
      const PlanTask& planned = plan_.tasks[task];
      const auto index = static_cast<int64_t>(event.job % jobs_of(task));
      const Nanos start = event.begin - planned.phase - planned.period.release(index);
      const auto [at, fresh] = group_start_.try_emplace(group_of(task, event.job), start);
      if (!fresh) at->second = std::min(at->second, start);
    }
  }
  for (const auto& job : shed_) jobs_.erase(job);
  std::erase_if(runs_, [&](const OpRun& run) {
    return shed_.contains({run.key.task, run.key.job});
  });
}

void Matcher::merge_shards() {
  std::sort(runs_.begin(), runs_.end(),
            [](const OpRun& a, const OpRun& b) { return a.key < b.key; });
  size_t kept = 0;
  for (const OpRun& run : runs_) {
    if (kept > 0 && runs_[kept - 1].key == run.key) {
      runs_[kept - 1].begin = std::min(runs_[kept - 1].begin, run.begin);
      runs_[kept - 1].end = std::max(runs_[kept - 1].end, run.end);
    } else {
      runs_[kept++] = run;
    }
  }
  runs_.resize(kept);
}

// Without a release event the first operation of the group is taken as on time.
Nanos Matcher::start_of(GroupKey group, const OpRun& fallback, Nanos planned) {
  if (periodic_) return trace_.origin + plan_.window * static_cast<int64_t>(group.second);
  return group_start_.try_emplace(group, fallback.begin - planned).first->second;
}

void Matcher::measure(const OpRun& run, uint32_t plan_op) {
  const PlanOp& planned = plan_.operations[plan_op];
  const GroupKey group = group_of(run.key.task, run.key.job);
  const Nanos start = start_of(group, run, planned.start);
  ++out_.matched;
  start_errors_.push_back(Nanos(std::abs((run.begin - start - planned.start).ns)));
  duration_errors_.push_back(Nanos(std::abs((run.end - run.begin - planned.duration).ns)));
  auto& [ops, end] = group_run_.try_emplace(group, 0, Nanos::min()).first->second;
  ++ops;
  end = std::max(end, run.end - start);
}

void Matcher::count_missing() {
  int64_t expected = 0;
  for (const auto& [task, job] : jobs_) {
    const auto at = ops_of_job_.find({task, job % jobs_of(task)});
    if (at != ops_of_job_.end()) expected += at->second;
  }
  out_.missing = expected - out_.matched;
}

void Matcher::measure_makespans() {
  std::vector<double> absolute;
  for (const auto& [group, run] : group_run_) {
    const auto& [planned_ops, planned_end] = group_plan_.at(group.first);
    if (run.first != planned_ops || planned_end <= Nanos(0)) continue;
    out_.makespan_error_pct.push_back(100.0 * static_cast<double>((run.second - planned_end).ns) /
                                      static_cast<double>(planned_end.ns));
    absolute.push_back(std::abs(out_.makespan_error_pct.back()));
  }
  if (absolute.empty()) return;
  std::sort(absolute.begin(), absolute.end());
  out_.makespan_error_pct_p50 = quantile(std::span<const double>(absolute), 500);
  out_.makespan_error_pct_max = absolute.back();
}

ErrorFigures figures_of(std::vector<Nanos> errors) {
  if (errors.empty()) return {};
  std::sort(errors.begin(), errors.end());
  const std::span<const Nanos> sorted(errors);
  return {quantile(sorted, 500), quantile(sorted, 990), sorted.back()};
}

Conformance Matcher::result() {
  index_plan();
  read_events();
  merge_shards();
  // In order of begin, so that a group without a release is anchored by its first operation.
  std::sort(runs_.begin(), runs_.end(), [](const OpRun& a, const OpRun& b) {
    return std::tie(a.begin, a.key) < std::tie(b.begin, b.key);
  });
  for (const OpRun& run : runs_) {
    uint32_t plan_op = kUnplanned;
    if (run.key.task < plan_.tasks.size()) {
      OpKey key = run.key;
      key.job %= jobs_of(key.task);
      if (const auto at = plan_ops_.find(key); at != plan_ops_.end()) plan_op = at->second;
    }
    if (plan_op != kUnplanned) measure(run, plan_op);
    else if (!run.key.submit) ++out_.unplanned;
  }
  count_missing();
  measure_makespans();
  out_.start_error = figures_of(std::move(start_errors_));
  out_.duration_error = figures_of(std::move(duration_errors_));
  out_.dropped = trace_.dropped;
  return std::move(out_);
}

}  // namespace

Conformance conformance(const Plan& plan, const Trace& trace) {
  return Matcher(plan, trace).result();
}

}  // namespace takt
