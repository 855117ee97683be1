#include "app/mission_loop.h"

#include <algorithm>
#include <mutex>

#include "app/announced.h"
#include "app/cpu_speed.h"
#include "app/mission_tuning.h"
#include "app/window_change.h"
#include "app/window_planning.h"
#include "base/clock.h"
#include "model/verify.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

using mission_tuning::kWindowMargin;

std::vector<PlanModule> modules_of(const CompiledWorkload& compiled) {
  std::vector<PlanModule> modules;
  for (size_t m = 0; m < compiled.modules.size(); ++m)
    modules.push_back({compiled.workload.modules[m].name, "", "",
                       compiled.modules[m].graph.vmfb_hash});
  return modules;
}

bool is_valid(const WindowInstance& problem, const Schedule& schedule) {
  const Problem flat(problem.instance);
  SolveResult result;
  result.schedule = schedule;
  PlanContext context;
  context.tasks = tasks_of(problem.instance);
  return verify(plan_of(flat, result, {}, context), problem.instance).empty();
}

}  // namespace

MissionLoop::MissionLoop(LoopMission& mission, DeviceControl& control, LoopLog& log,
                         LoopInput input)
    : mission_(mission), control_(control), log_(log), base_(std::move(input.base)),
      tasks_(std::move(input.tasks)), modules_(modules_of(*input.compiled)),
      announced_(speed_changes(input.compiled->workload, base_, input.announced_from)),
      planner_task_(input.planner_task), origin_(input.origin), jobs_of_(jobs_by_task(base_)),
      saver_(input.compiled->workload, base_, input.plan),
      planner_(base_, input.plan, window_options(input.compiled->workload, base_)),
      conditions_(base_, *input.compiled, tasks_,
                  static_cast<uint32_t>(control.lane_names().size()), origin_,
                  planner_.boundary(1)) {
  log_.note([this](LoopReport& report) { report.window = planner_.boundary(1); });
}

void MissionLoop::start() {
  await_window(1);
  begin_planning(1);
}

bool MissionLoop::end_at(Nanos boundary) {
  const std::lock_guard lock(mutex_);
  end_ = boundary;
  return !busy_ || is_wanted(planning_);
}

void MissionLoop::retire() {
  const std::lock_guard lock(mutex_);
  retired_ = true;
}

// What opens a window is all that keeps the mission going.
void MissionLoop::await_window(int64_t window) {
  HostWork work;
  work.job.task = planner_task_;
  work.job.number = static_cast<uint64_t>(window);
  work.job.release = boundary(window) - kWindowMargin;
  work.job.deadline = boundary(window);
  work.job.criticality = Criticality::kHard;
  work.job.priority = INT32_MAX;
  work.run = [self = shared_from_this(), window] { self->open_window(window); };
  control_.submit_host(std::move(work));
}

void MissionLoop::open_window(int64_t window) {
  if (!mission_.goes_on()) return mission_.open_until(Nanos::max());
  bool ours = true, in_time = false;
  {
    const std::lock_guard lock(mutex_);
    if (retired_ && boundary(window) >= end_) return;
    ours = is_wanted(window);
    in_time = planned_ >= window;
  }
  log_.note([&](LoopReport& report) {
    ++report.windows;
    if (ours) ++(in_time ? report.planned : report.late);
  });
  mission_.open_until(boundary(window + 1));
  await_window(window + 1);
  begin_planning(window + 1);
}

void MissionLoop::begin_planning(int64_t window) {
  {
    const std::lock_guard lock(mutex_);
    // Late with the window before, which may still be of use; or not ours to plan.
    if (busy_ || !is_wanted(window)) return;
    busy_ = true;
    planning_ = window;
  }
  begun_ = false;
  spent_ = Nanos(0);
  lane_ = roomiest_lane();
  submit_slice();
}

void MissionLoop::submit_slice() {
  HostWork work;
  work.job.task = planner_task_;
  work.job.number = static_cast<uint64_t>(planning_);
  work.job.deadline = boundary(planning_) - kWindowMargin;
  work.job.criticality = Criticality::kSoft;
  work.job.priority = INT32_MAX;
  work.lane = lane_;
  work.run = [self = shared_from_this()] { self->run_slice(); };
  control_.submit_host(std::move(work));
}

void MissionLoop::run_slice() {
  const Nanos begin = monotonic_now();
  const bool more = plan_on(begin);
  spent_ += monotonic_now() - begin;
  if (more) return submit_slice();
  const std::lock_guard lock(mutex_);
  busy_ = false;
  if (planned_ == planning_) log_.note_planned(spent_);
}

// One slice of work. False: there is no more to do for this window.
bool MissionLoop::plan_on(Nanos now) {
  {
    const std::lock_guard lock(mutex_);
    if (!is_wanted(planning_)) return false;
  }
  if (!mission_.goes_on() || now >= boundary(planning_ + 1)) return false;   // of use to nobody
  if (!begun_) {
    begun_ = true;
    planner_.begin(conditions_now(now), state(now), planner_.boundary(planning_),
                   planner_.boundary(planning_ + 1));
    return true;
  }
  if (planner_.done()) return hand_over();
  planner_.step();
  return true;
}

bool MissionLoop::hand_over() {
  const uint64_t reused = planner_.reused();
  const WindowPlan& window = planner_.take();
  saver_.note(window);
  const bool kept = planner_.reused() != reused;   // judged when it was made
  const bool valid = kept || is_valid(planner_.problem(), planner_.schedule());
  const bool taken =
      valid && control_
                   .set_plan(change_of(window, base_, modules_, control_.lane_names(), tasks_,
                                       origin_))
                   .ok();
  log_.note([&](LoopReport& report) {
    report.reused += planner_.reused() - reused;
    report.refused += !taken;
  });
  const std::lock_guard lock(mutex_);
  if (taken) planned_ = planning_;
  return false;
}

// Which jobs are in flight is known; how far they are is taken from the plan they run by.
WindowState MissionLoop::state(Nanos now) const {
  WindowState state;
  state.now = now - origin_;
  const std::vector<TaskProgress> progress = mission_.progress();
  state.next.resize(base_.tasks.size());
  for (uint32_t index = 0; index < tasks_.size() && index < progress.size(); ++index) {
    const uint32_t t = tasks_[index].plan_task;
    if (t == PlanChange::kNoTask || jobs_of_[t].empty()) continue;
    const auto per_hyperperiod = static_cast<int64_t>(jobs_of_[t].size());
    // Jobs from before the origin are another loop's.
    const int64_t next =
        static_cast<int64_t>(progress[index].next) - static_cast<int64_t>(tasks_[index].first);
    state.next[t] = std::max<int64_t>(next, 0);
    const int64_t number = next - 1;
    if (!progress[index].in_flight || number < 0) continue;
    JobState job;
    job.job = jobs_of_[t][static_cast<size_t>(number % per_hyperperiod)];
    job.activation = number / per_hyperperiod;
    const Job& of_base = base_.jobs[job.job.value()];
    const PlannedJob* const planned = planner_.in_force().find(job.job, job.activation);
    for (uint32_t i = 0; i < of_base.op_count; ++i)
      job.ops.push_back(op_state(planned, OpId(of_base.first_op + i), state.now));
    state.jobs.push_back(std::move(job));
  }
  return state;
}

OpState MissionLoop::op_state(const PlannedJob* planned, OpId op, Nanos now) const {
  OpState state;
  if (!planned) return state;
  for (uint32_t i = planned->first_op; i < planned->first_op + planned->op_count; ++i) {
    const PlannedOp& of_plan = planner_.in_force().ops[i];
    if (of_plan.op != op || of_plan.start > now) continue;
    state.start = of_plan.start;
    state.expected_end = of_plan.start + of_plan.duration;
    state.lanes = of_plan.lanes;
    state.status = state.expected_end <= now ? OpState::Status::kDone : OpState::Status::kRunning;
  }
  return state;
}

Conditions MissionLoop::conditions_now(Nanos now) {
  const LaneMask all = LaneMask::first(static_cast<uint32_t>(control_.lane_names().size()));
  const LaneMask lost = all - control_.usable_lanes();
  Conditions measured;
  std::optional<LoopReport::Replan> why;
  {
    const std::lock_guard lock(mutex_);
    why = conditions_.update(now, lost);
    measured = conditions_.now();
  }
  if (why) log_.note_replan(std::move(*why));
  return with_announced(saver_.without_asleep(std::move(measured)), announced_, origin_,
                        boundary(planning_), boundary(planning_ + 1), base_);
}

// The awake lane that the plan in force leaves idle the longest.
uint32_t MissionLoop::roomiest_lane() const {
  std::vector<Nanos> busy(control_.lane_names().size());
  for (const PlannedOp& op : planner_.in_force().ops)
    op.lanes.for_each([&](uint32_t lane) {
      if (lane < busy.size()) busy[lane] += op.duration;
    });
  const LaneMask usable = control_.usable_lanes() - saver_.asleep();
  uint32_t best = usable.empty() ? 0 : usable.least();
  usable.for_each([&](uint32_t lane) {
    if (lane < busy.size() && busy[lane] < busy[best]) best = lane;
  });
  return best;
}

void MissionLoop::observe(const TraceEvent& event) {
  const std::lock_guard lock(mutex_);
  conditions_.observe(event);
}

void MissionLoop::look(Nanos now) {
  for (uint32_t pool = 0; pool < base_.pools.size(); ++pool) {
    std::vector<int> cpus;
    for (const LaneId lane : base_.pools[pool].lanes)
      if (lane.value() < control_.lane_cpus().size())
        cpus.push_back(control_.lane_cpus()[lane.value()]);
    const std::optional<uint32_t> pct = allowed_speed_pct(cpus);
    if (!pct) continue;
    const std::lock_guard lock(mutex_);
    conditions_.report_speed(pool, *pct, now);
  }
}

}  // namespace takt
