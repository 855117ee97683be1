// TaktMission::switch_to(): from workload W to W' while W runs.
#include <algorithm>
#include <chrono>
#include <mutex>
#include <thread>

#include "app/takt_mission.h"
#include "base/clock.h"
#include "model/verify.h"

namespace takt {
namespace {

// Between the choice of a boundary and the boundary: the new plan is judged and indexed in it,
// which was tried before; so many times as long as that took, and this for the rest.
constexpr int64_t kLeadFactor = 4;
constexpr Nanos kLead = millis(20);

const std::string& hash_of(const CompiledWorkload& compiled, const Task& task) {
  return compiled.modules[task.module.value()].graph.vmfb_hash;
}

bool same_task(const CompiledWorkload& a, const Task& at, const CompiledWorkload& b,
               const Task& bt) {
  return at.name == bt.name && at.period == bt.period && at.phase == bt.phase &&
         at.deadline == bt.deadline && at.criticality == bt.criticality &&
         at.priority == bt.priority && at.arrival == bt.arrival &&
         at.overrun_policy() == bt.overrun_policy() && hash_of(a, at) == hash_of(b, bt) &&
         a.workload.modules[at.module.value()].function ==
             b.workload.modules[bt.module.value()].function;
}

// An event-driven task goes on when the one that triggers it, which stands before it, does.
bool same_trigger(const Workload& a, const Task& at, const Workload& b, const Task& bt,
                  const Workload& kept) {
  if (at.arrival != Arrival::kEvent) return true;
  const std::string& name = b.tasks[bt.on.value()].name;
  return a.tasks[at.on.value()].name == name &&
         std::any_of(kept.tasks.begin(), kept.tasks.end(),
                     [&](const Task& task) { return task.name == name; });
}

Status check_plan(const Plan& plan, const CompiledWorkload& next) {
  const std::vector<Task>& tasks = next.workload.tasks;
  if (plan.tasks.size() != tasks.size())
    return bad_input("the plan has " + std::to_string(plan.tasks.size()) +
                     " tasks, the workload " + std::to_string(tasks.size()));
  for (size_t t = 0; t < tasks.size(); ++t)
    if (plan.tasks[t].name != tasks[t].name || plan.tasks[t].period != tasks[t].period ||
        plan.tasks[t].phase != tasks[t].phase || plan.tasks[t].deadline != tasks[t].deadline)
      return bad_input("the plan's task '" + plan.tasks[t].name +
                       "' is not as in the workload (name, period, phase, deadline)");
  return {};
}

// Where a window of any plan of `kept` may begin: their releases repeat after it. When it can be
// had, tasks that are changed go over where a job of theirs would have been released.
Result<Nanos> grid_of(const Workload& kept, const Workload& changed, bool planned) {
  constexpr Nanos kAnywhere = millis(1);
  Workload both = kept;
  both.tasks.insert(both.tasks.end(), changed.tasks.begin(), changed.tasks.end());
  if (!both.tasks.empty())
    if (Result<Nanos> grid = hyperperiod(both); grid.ok()) return grid;
  if (kept.tasks.empty()) return kAnywhere;
  Result<Nanos> grid = hyperperiod(kept);
  if (!grid.ok() && !planned) return kAnywhere;
  return grid;
}

}  // namespace

struct TaktMission::Change {
  CompiledWorkload next;
  std::shared_ptr<const Plan> plan;
  std::vector<std::shared_ptr<MissionTask>> tasks;   // of W'; those of W that are kept
  Nanos grid;                                        // boundaries are so far apart
  Nanos lead;
  Nanos at;                                          // the boundary
  PlanChange planned;
  std::optional<Instance> planning;                  // a hyperperiod of W'
};

Result<SwitchReport> TaktMission::switch_to(const CompiledWorkload& next, const Plan* plan,
                                            const Instance* planning) {
  TAKT_ASSIGN(Change change, prepare(next, plan, planning));
  TAKT_TRY(close_gate(change));
  end_planning_at(change.at);
  // What is submitted meanwhile is released before the boundary; the rest waits at the gate.
  const Status set = device_->control()->set_plan(change.planned);
  if (set.ok()) return take_over(change);
  refuse_change();
  return set.error();
}

// W's windows are planned up to the boundary; none of them may hide the plan of W'.
void TaktMission::end_planning_at(Nanos boundary) {
  const std::shared_ptr<MissionLoop> planning = loop();
  while (planning && !planning->end_at(boundary))
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

void TaktMission::refuse_change() {
  {
    const std::lock_guard lock(mutex_);
    change_gate_ = Nanos::max();
    if (loop_) loop_->end_at(Nanos::max());
  }
  submit_waiting();
}

Result<TaktMission::Change> TaktMission::prepare(const CompiledWorkload& next, const Plan* plan,
                                                 const Instance* planning) {
  Change change;
  change.next = next;
  if (planning && log_) {
    TAKT_TRY(check_planning(*planning, next.workload));
    change.planning = *planning;
  }
  if (plan) {
    TAKT_TRY(check_plan(*plan, next));
    const Nanos begin = monotonic_now();
    const std::vector<Violation> violations = verify(*plan, next.graphs());
    if (!violations.empty())
      return bad_input("the plan is not valid: " + violations[0].what + "; plan again");
    change.lead = (monotonic_now() - begin) * kLeadFactor;
    change.plan = std::make_shared<const Plan>(*plan);
  }
  change.lead += kLead;
  const CompiledWorkload before = workload();
  Workload kept, changed;
  device_->control()->add_graphs(next.graphs());
  for (uint32_t t = 0; t < next.workload.tasks.size(); ++t) {
    const Task& task = next.workload.tasks[t];
    const auto same = std::find_if(
        before.workload.tasks.begin(), before.workload.tasks.end(),
        [&](const Task& other) {
          return same_task(before, other, next, task) &&
                 same_trigger(before.workload, other, next.workload, task, kept);
        });
    if (same != before.workload.tasks.end()) {
      change.tasks.push_back(tasks_[static_cast<size_t>(same - before.workload.tasks.begin())]);
      kept.tasks.push_back(task);
      continue;
    }
    for (const Task& other : before.workload.tasks)
      if (other.name == task.name) changed.tasks.push_back(other);
    TAKT_ASSIGN(MissionTask loaded, load_task(next, t, device_, seed_));
    change.tasks.push_back(std::make_shared<MissionTask>(std::move(loaded)));
  }
  TAKT_ASSIGN(change.grid, grid_of(kept, changed, plan != nullptr));
  return change;
}

// The first boundary that no submitted job lies behind; nothing is submitted that lies behind it.
Status TaktMission::close_gate(Change& change) {
  std::unique_lock lock(mutex_);
  while (runs_ && plan_base_ > monotonic_now()) {   // the last change has still to come
    const Nanos until = plan_base_;
    lock.unlock();
    std::this_thread::sleep_for(std::chrono::nanoseconds((until - monotonic_now()).ns));
    lock.lock();
  }
  if (!runs_ || stopped()) return failed("the mission does not run; start it with `takt run`");
  Nanos earliest = monotonic_now() + change.lead;
  for (const TaskRunner& runner : runners_)
    if (!runner.ended && runner.next > runner.jobs.first)
      earliest = std::max(earliest, runner.jobs.release(runner.next - 1) + Nanos(1));
  const int64_t steps = (earliest - plan_base_ + change.grid - Nanos(1)).ns / change.grid.ns;
  change.at = plan_base_ + change.grid * steps;
  if (options_.duration > Nanos(0) && change.at >= origin_ + options_.duration)
    return failed("the run ends before the change could take place");
  change_gate_ = change.at;
  plan_jobs(change);
  return {};
}

// Which jobs the new plan is for. REQUIRES: mutex_ is held, the gate is closed
void TaktMission::plan_jobs(Change& change) {
  change.planned.plan = change.plan;
  change.planned.scope.base = change.at;
  std::vector<PlanChange::TaskJobs>& planned = change.planned.scope.tasks;
  for (uint32_t t = 0; t < change.tasks.size(); ++t) {
    const uint32_t index = index_of(change.next.workload.tasks[t].name);
    planned.resize(names_.size(), {PlanChange::kNoTask, UINT64_MAX});
    planned[index] = {t, 0};
    for (const TaskRunner& runner : runners_) {   // the last one that has the name counts
      if (runner.jobs.index != index) continue;
      const bool kept = runner.task == change.tasks[t];
      const Nanos from = kept ? change.at + runner.jobs.spec.phase : change.at;
      planned[index].first = kept ? runner.jobs.end_before(from)
                                  : std::min(runner.end, runner.jobs.end_before(from));
    }
  }
}

Result<SwitchReport> TaktMission::take_over(Change& change) {
  SwitchReport report;
  std::vector<TaskRunner*> started;
  std::shared_ptr<MissionLoop> loop;
  if (change.planning)
    loop = make_loop(*change.planning, change.next, change.plan.get(), change.planned.scope.tasks,
                     change.at);
  {
    const std::lock_guard lock(mutex_);
    change_gate_ = Nanos::max();
    if (!runs_) return failed("the run ended before the change could take place");
    report.at = change.at - origin_;
    std::vector<TaskRunner*> runners(change.tasks.size());
    for (TaskRunner& runner : runners_) {
      if (runner.ended) continue;
      const auto at = std::find(change.tasks.begin(), change.tasks.end(), runner.task);
      const bool goes_on = at != change.tasks.end();
      (goes_on ? report.kept : report.stopped).push_back(runner.jobs.spec.name);
      if (goes_on) runners[static_cast<size_t>(at - change.tasks.begin())] = &runner;
      else runner.end = std::min(runner.end, runner.jobs.end_before(change.at));
    }
    std::vector<uint64_t> first;
    for (uint32_t t = 0; t < change.tasks.size(); ++t) {
      const std::shared_ptr<MissionTask>& task = change.tasks[t];
      first.push_back(change.planned.scope.tasks[index_of(task->spec.name)].first);
      if (std::find(tasks_.begin(), tasks_.end(), task) != tasks_.end()) continue;
      runners[t] = &add_runner(task, first[t], change.at);
      started.push_back(runners[t]);
      report.started.push_back(task->spec.name);
    }
    link(change.next.workload, runners, first);
    compiled_ = change.next;
    plan_ = change.plan;
    tasks_ = change.tasks;
    plan_base_ = change.at;
    plan_with(std::move(loop));
  }
  if (const std::shared_ptr<MissionLoop> planning = this->loop()) planning->start();
  submit_waiting();
  for (TaskRunner* runner : started) submit_next(*runner);
  return report;
}

// From the boundary on; null: nobody does. REQUIRES: mutex_ is held
void TaktMission::plan_with(std::shared_ptr<MissionLoop> loop) {
  if (!log_) return;
  if (loop_) loop_->retire();
  loop_ = std::move(loop);
  window_gate_ = loop_ ? loop_->boundary(1) : Nanos::max();
}

}  // namespace takt
