// Plans while the mission runs: a window ahead at every boundary, and at once when Triggers says
// why. Planning is the task kPlannerTask: its slices are operations, done when the lanes get to
// them. A new plan counts from the moment its last slice is done, for what has not begun; jobs
// that no plan of a window knows go by the plan of the input.
#include <algorithm>

#include "base/check.h"
#include "sim/engine.h"

namespace takt {

void Engine::start_planner(Nanos last) {
  ++tasks_over_;                           // nobody waits for it
  if (!options_.planner) return;
  const SimTask& task = input_.tasks[input_.planner];
  const SimJob& slices = input_.jobs[task.jobs.front()];
  for (uint32_t i = slices.first_op; i < slices.first_op + slices.op_count; ++i) {
    Nanos longest;
    for (uint32_t pool = 0; pool < input_.pools.size(); ++pool)
      longest = std::max(longest, input_.duration(i, pool, 1));
    planner_lead_ += longest;
  }
  last_boundary_ = last;
  clock_.set(planner_slot(), now_);
}

// At a boundary: the window after this one. At another time: a trigger is due.
void Engine::planner_due() {
  if (now_ >= next_boundary_) {
    const Planner& planner = *options_.planner;
    next_boundary_ = planner.boundary(planner.window_at(now_) + 1);
    if (next_boundary_ >= last_boundary_) next_boundary_ = Nanos::max();
    else begin_plan();
  }
  check_triggers();
}

void Engine::check_triggers() {
  if (!options_.planner) return;
  const ReplanRequest request = triggers_.next(now_);
  if (request.reason != ReplanReason::kNone) {
    ++result_.replans;
    record_decision(TraceDecision::kReplanFor, 0, uint32_t(request.reason), kNone);
    replan_ = true;
    begin_plan();
  }
  clock_.set(planner_slot(), std::min(next_boundary_, std::max(triggers_.next_event(), now_)));
}

// For the next window, or from soon on when something has happened. One at a time.
void Engine::begin_plan() {
  if (planning_) return;
  Planner& planner = *options_.planner;
  // By then the plan is there. What of the present window is left is planned when that is worth
  // the while.
  const Nanos ready = replan_ ? now_ + planner_lead_ : now_;
  const int64_t next = planner.window_at(ready) + 1;
  Nanos from = planner.boundary(next), to = planner.boundary(next + 1);
  if (replan_ && from - ready > planner_lead_) {
    to = from;
    from = ready;
  } else if (!replan_ && planned_until_ >= to) {
    return;
  }
  replan_ = plan_there_ = false;
  if (!planner.begin(conditions(), window_state(), from, to)) return adopt(planner.take());
  planning_ = true;
  const uint32_t index = input_.tasks[input_.planner].jobs.front();
  JobRun& job = jobs_[index];
  job.number = tasks_[input_.planner].next++;
  job.window = int64_t(job.number);
  job.release = now_;
  job.deadline = to;
  job.ended = job.shed = job.aborted = false;
  record(job_event(TraceEvent::Kind::kRelease, index));
  submit(input_.planner, index);
}

// The plan needs fewer slices than the longest.
void Engine::stop_planning() {
  const uint32_t index = input_.tasks[input_.planner].jobs.front();
  plan_there_ = true;
  end_job(index, now_ <= jobs_[index].deadline ? JobOutcome::kDone : JobOutcome::kMissed);
  drop_job(index);
  end_dropped(index);
}

// The planner's job has ended, or a policy gave it up.
void Engine::plan_over() {
  tasks_[input_.planner].current = kNone;
  renew_rows(input_.planner);
  planning_ = false;
  const uint32_t index = input_.tasks[input_.planner].jobs.front();
  if (jobs_[index].shed && !plan_there_) {
    replan_ = true;                        // at the next boundary
    return;
  }
  adopt(options_.planner->take());
  if (replan_) begin_plan();
}

void Engine::adopt(const WindowPlan& plan) {
  window_plan_ = &plan;
  planned_until_ = plan.to;
  ++result_.plans;
  if (now_ > plan.from) {
    ++result_.plans_late;
    record_decision(TraceDecision::kPlanLate, 0, 0, kNone);
  }
  for (const TaskRun& task : tasks_) {
    if (task.current == kNone || jobs_[task.current].shed) continue;
    const PlannedJob* planned = plan.find(JobId(task.current), jobs_[task.current].window);
    if (planned) follow(task.current, *planned);
  }
  dirty_ = dirty_ | idle_;
}

// What has not begun goes by the new plan.
void Engine::follow(uint32_t index, const PlannedJob& planned) {
  const PlannedOp* const ops = &window_plan_->ops[planned.first_op];
  for (uint32_t i = 0; i < planned.op_count; ++i) {
    const uint32_t which = ops[i].op.value();
    const OpRun& run = ops_[which];
    if (ops[i].mode == PlannedOp::kNoMode || run.status == OpStatus::kDone || run.lanes_on > 0 ||
        run.remaining < kWhole)
      continue;
    const bool open = run.status == OpStatus::kOpen;
    if (open) withdraw(which);
    const LaneMask cores = ops[i].lanes & input_.cores;
    set_plan(which, {true, cores == ops[i].lanes ? Unit::kCore : Unit::kAccelerator,
                     ops[i].start, ops[i].duration, cores});
    if (open) offer(which);
  }
  order_job(index);
}

// The plan of a job that is submitted.
void Engine::plan_job(uint32_t index) {
  const SimJob& spec = input_.jobs[index];
  const JobRun& job = jobs_[index];
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i) {
    const SimOp& op = input_.ops[i];
    set_plan(i, {op.planned, op.unit, job.base + job.delay + op.start, op.duration,
                 op.planned_lanes});
  }
  const PlannedJob* planned =
      window_plan_ ? window_plan_->find(JobId(index), job.window) : nullptr;
  if (planned) follow(index, *planned);
  else order_job(index);
}

void Engine::set_plan(uint32_t index, const OpPlan& plan) {
  plans_[index] = plan;
  plans_[index].width = count_of(plan.lanes);
  Candidate& known = known_[index];
  const SimTask& task = input_.tasks[input_.jobs[input_.ops[index].job].task];
  known.planned = plan.planned || !task.pin.empty();
  known.absolute = plan.planned;
  known.planned_unit = plan.unit;
  known.owner_duration = plan.duration;
  known.start = plan.planned ? plan.start : Nanos::min();
}

// Its planned operations in the plan's order, and what the plan leaves of its time.
void Engine::order_job(uint32_t index) {
  const SimJob& spec = input_.jobs[index];
  JobRun& job = jobs_[index];
  uint32_t* const order = &order_[spec.first_op];
  Nanos end = Nanos::min();
  job.ordered = 0;
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i) {
    if (!plans_[i].planned) continue;
    order[job.ordered++] = i;
    if (!input_.ops[i].submit) end = std::max(end, plans_[i].start + plans_[i].duration);
  }
  std::sort(order, order + job.ordered, [this](uint32_t a, uint32_t b) {
    return std::pair(plans_[a].start, a) < std::pair(plans_[b].start, b);
  });
  const bool known = job.deadline != Nanos::max() && end != Nanos::min();
  for (uint32_t i = spec.first_op; i < spec.first_op + spec.op_count; ++i)
    known_[i].slack = known && plans_[i].planned ? job.deadline - end : Nanos::max();
  std::fill_n(&cursors_[size_t{index} * lanes_count_], lanes_count_, 0);
  renew_rows(spec.task);
}

// False: the task's job of that number does not come, or the mission does not want it.
bool Engine::comes(uint32_t task, uint64_t number) const {
  if (!arrivals_of_jobs_.comes(task, number)) return false;
  if (disturbances_.modes.empty()) return true;
  const std::vector<uint32_t>& jobs = input_.tasks[task].jobs;
  const auto window = int64_t(number / jobs.size());
  const Nanos base = input_.window == Nanos::max() ? Nanos(0) : input_.window * window;
  return is_active(task, base + input_.jobs[jobs[number % jobs.size()]].release);
}

// Modes of the mission alternate.
bool Engine::is_active(uint32_t task, Nanos release) const {
  return std::none_of(disturbances_.modes.begin(), disturbances_.modes.end(),
                      [&](const ModeChanges& mode) {
                        return mode.without == task && release / mode.every % 2 == 1;
                      });
}

Conditions Engine::conditions() const {
  Conditions made;
  for (uint32_t pool = 0; pool < input_.pools.size(); ++pool)
    if (reaction_.speed_pct(pool) != 100) {
      made.speed_pct.resize(input_.pools.size(), 100);
      made.speed_pct[pool] = reaction_.speed_pct(pool);
    }
  for (uint32_t lane = 0; lane < lanes_count_; ++lane)
    if (input_.cores.has(lane) && !lanes_[lane].usable) made.lost.add(lane);
  for (const Accelerator& accelerator : accelerators_)
    if (!accelerator.manager.usable()) made.lost.add(accelerator.lane);
  for (uint32_t task = 0; task < tasks_count_; ++task)
    if (!is_active(task, now_)) made.inactive.emplace_back(task);
  return made;
}

WindowState Engine::window_state() const {
  WindowState state{now_, {}, {}};
  for (uint32_t task = 0; task < tasks_count_; ++task) {
    if (task == input_.planner) continue;
    const TaskRun& run = tasks_[task];
    state.next.push_back(int64_t(run.next));
    if (run.current == kNone) continue;
    const JobRun& job = jobs_[run.current];
    if (job.shed || job.ops_left == 0) continue;
    const SimJob& spec = input_.jobs[run.current];
    JobState& made = state.jobs.emplace_back(
        JobState{JobId(run.current), job.window, std::vector<OpState>(spec.op_count)});
    for (uint32_t i = 0; i < spec.op_count; ++i) {
      const OpRun& op = ops_[spec.first_op + i];
      OpState& out = made.ops[i];
      if (op.status == OpStatus::kDone) out.status = OpState::Status::kDone;
      if (op.lanes_on == 0 || op.on.empty()) continue;   // nobody works on it
      out.status = OpState::Status::kRunning;
      out.start = now_;
      out.expected_end = op.expected_end;
      out.lanes = op.on;
      if (op.on_accelerator) out.lanes.add(accelerators_[op.asked].lane);
    }
  }
  return state;
}

}  // namespace takt
