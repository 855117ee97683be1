#include "hal/plan_book.h"

#include <algorithm>
#include <mutex>

#include "model/verify.h"

namespace takt {
namespace {

// Windows whose jobs may still be submitted: the present one, the next, and two that jobs which
// are late belong to.
constexpr size_t kWindows = 4;
// Plans that repeat: the present one and the one before, for jobs released before the change.
constexpr size_t kRepeating = 2;

void order_by_start(Assignment& job, uint32_t lanes) {
  job.by_lane.resize(lanes);
  for (uint32_t lane = 0; lane < lanes; ++lane) {
    std::vector<uint32_t>& order = job.by_lane[lane];
    for (uint32_t i = 0; i < job.items.size(); ++i)
      if (job.items[i].lanes.has(lane)) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&job](uint32_t a, uint32_t b) {
      return job.items[a].start < job.items[b].start;
    });
  }
}

// What `plan` says about the region, per job of its task `t`.
std::vector<Assignment> assignments_of(const Plan& plan, uint32_t t, const PlannedRegion& region,
                                       uint32_t lanes) {
  std::map<uint32_t, uint32_t> command_of;
  for (uint32_t i = 0; i < region.ops.size(); ++i) command_of[region.ops[i]] = i;
  std::vector<Assignment> jobs(std::max(plan.tasks[t].jobs, 1u));
  for (Assignment& job : jobs) job.items.resize(region.ops.size());
  for (const PlanOp& op : plan.operations) {
    if (op.task.value() != t || op.kind != Operation::Kind::kGraphOp) continue;
    Assignment& job = jobs[op.job];
    job.end = std::max(job.end, op.end());   // of the whole job, for its slack
    const auto command = command_of.find(op.graph_op);
    if (command == command_of.end()) continue;
    PlannedItem& item = job.items[command->second];
    item.start = op.start;
    item.duration = op.duration;
    for (LaneId lane : op.lanes) item.lanes.add(lane.value());
    job.lanes = job.lanes | item.lanes;
  }
  for (Assignment& job : jobs) order_by_start(job, lanes);
  return jobs;
}

}  // namespace

bool BookedPlan::covers(uint32_t task, uint64_t number) const {
  if (task >= scope.tasks.size()) return false;
  const PlanChange::TaskJobs& jobs = scope.tasks[task];
  if (number < jobs.first) return false;
  if (!plan) return true;
  if (jobs.plan_task == PlanChange::kNoTask) return false;
  return scope.repeats || number - jobs.first < plan->tasks[jobs.plan_task].jobs;
}

Status PlanBook::check(const PlanChange& change) const {
  const Plan& plan = *change.plan;
  for (const PlanChange::TaskJobs& jobs : change.scope.tasks)
    if (jobs.plan_task != PlanChange::kNoTask && jobs.plan_task >= plan.tasks.size())
      return bad_input("the plan has no task " + std::to_string(jobs.plan_task));
  std::vector<DispatchGraph> graphs;
  for (const PlanModule& module : plan.modules) {
    const DispatchGraph* graph = regions_.graph(module.vmfb_hash);
    if (!graph)
      return bad_input("the plan is for module '" + module.name + "' (.vmfb " +
                       module.vmfb_hash.substr(0, 8) + "), whose graph the device does not have");
    if (change.scope.repeats) graphs.push_back(*graph);
  }
  if (change.scope.repeats) {
    const std::vector<Violation> violations = verify(plan, graphs);
    if (!violations.empty())
      return bad_input("the plan is not valid: " + violations[0].what + "; plan again");
  }
  for (const PlanOp& op : plan.operations)
    for (LaneId lane : op.lanes)
      if (lane.value() >= lanes_)
        return bad_input("the plan uses lane '" + plan.lanes[lane.value()] +
                         "' but the device has " + std::to_string(lanes_) +
                         " lanes; plan for this SoC or simulate it with `takt sim`");
  return {};
}

std::shared_ptr<BookedPlan> PlanBook::book(const PlanChange& change) const {
  auto booked = std::make_shared<BookedPlan>();
  booked->plan = change.plan;
  booked->scope = change.scope;
  if (!change.plan) return booked;
  const Plan& plan = *change.plan;
  for (uint32_t t = 0; t < plan.tasks.size(); ++t) {
    const PlanTask& task = plan.tasks[t];
    if (!task.module.valid() || task.jobs == 0) continue;
    const DispatchGraph* graph = regions_.graph(plan.modules[task.module.value()].vmfb_hash);
    for (const PlannedRegion* region : regions_.regions_of(*graph, task.function))
      booked->jobs[{region, t}] = assignments_of(plan, t, *region, lanes_);
  }
  return booked;
}

Status PlanBook::add(const PlanChange& change) {
  if (change.plan) TAKT_TRY(check(change));
  std::shared_ptr<const BookedPlan> booked = book(change);
  const std::lock_guard lock(mutex_);
  plans_.push_back(std::move(booked));
  prune();
  return {};
}

Status PlanBook::begin(const PlanChange& change) {
  TAKT_TRY(add(change));
  first_ = plans_.front();
  return {};
}

void PlanBook::restart(Nanos base) {
  const std::lock_guard lock(mutex_);
  retired_.insert(retired_.end(), plans_.begin(), plans_.end());
  plans_.clear();
  if (first_) {
    // Assignments are relative to the base: only the scope is another.
    auto first = std::make_shared<BookedPlan>(*first_);
    first->scope.base = base;
    plans_.push_back(std::move(first));
  }
  prune();
}

void PlanBook::prune() {
  size_t windows = 0, repeating = 0;
  for (size_t i = plans_.size(); i-- > 0;) {
    const bool old = plans_[i]->scope.repeats ? ++repeating > kRepeating : ++windows > kWindows;
    if (!old) continue;
    retired_.push_back(std::move(plans_[i]));
    plans_.erase(plans_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  std::erase_if(retired_, [](const auto& plan) { return plan.use_count() == 1; });
}

bool PlanBook::empty() const {
  const std::lock_guard lock(mutex_);
  return plans_.empty();
}

size_t PlanBook::held() const {
  const std::lock_guard lock(mutex_);
  return plans_.size() + retired_.size();
}

PlanBook::Found PlanBook::find(const PlannedRegion* region, uint32_t task,
                               uint64_t number) const {
  Found found;
  {
    const std::lock_guard lock(mutex_);
    for (size_t i = plans_.size(); i-- > 0 && !found.plan;)
      if (plans_[i]->covers(task, number)) found.plan = plans_[i];
  }
  if (!found.plan || !found.plan->plan) return found;
  const BookedPlan& booked = *found.plan;
  const PlanChange::TaskJobs& jobs = booked.scope.tasks[task];
  const uint64_t in_plan = number - jobs.first;
  const uint32_t per_window = std::max(booked.plan->tasks[jobs.plan_task].jobs, 1u);
  found.base = booked.scope.base;
  if (in_plan >= per_window) {
    if (booked.plan->window == Nanos::max()) return found;   // its jobs are over
    found.base += booked.plan->window * static_cast<int64_t>(in_plan / per_window);
  }
  const auto of_task = booked.jobs.find({region, jobs.plan_task});
  if (of_task == booked.jobs.end()) return found;
  const Assignment& job = of_task->second[in_plan % per_window];
  if (!job.lanes.empty()) found.assignment = &job;
  return found;
}

PlanBook::Found PlanBook::find_any(const PlannedRegion& region) const {
  Found found;
  const std::lock_guard lock(mutex_);
  for (size_t i = plans_.size(); i-- > 0 && !found.assignment;) {
    const auto first = plans_[i]->jobs.lower_bound({&region, 0});
    if (first == plans_[i]->jobs.end() || first->first.first != &region) continue;
    const Assignment& job = first->second.front();
    if (!job.lanes.empty()) found = {plans_[i], &job, plans_[i]->scope.base};
  }
  return found;
}

}  // namespace takt
