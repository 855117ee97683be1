#include "app/mission_loop.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "app/window_change.h"
#include "base/clock.h"
#include "model/verify.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

// A window is opened so long before it begins: its first jobs are submitted in it, one after
// another (15-40 us each on a 2-core VM), and the work that does it may wait for a tile.
constexpr Nanos kMargin = millis(1);

std::vector<PlanModule> modules_of(const CompiledWorkload& compiled) {
  std::vector<PlanModule> modules;
  for (size_t m = 0; m < compiled.modules.size(); ++m)
    modules.push_back({compiled.workload.modules[m].name, "", "",
                       compiled.modules[m].graph.vmfb_hash});
  return modules;
}

// Of the mode on one lane; 0: there is none.
Nanos narrow_duration(const Operation& op) {
  for (const Mode& mode : op.modes)
    if (mode.demands.size() == 1 && mode.demands[0].count == 1) return mode.duration;
  return Nanos(0);
}

uint64_t tiles_of(const GraphOp& op) {
  if (op.kind != OpKind::kDispatch) return 0;
  return uint64_t{op.workgroups[0]} * op.workgroups[1] * op.workgroups[2];
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

MissionLoop::MissionLoop(LoopMission& mission, DeviceControl& control, const Instance& base,
                         const Plan* plan, const CompiledWorkload& compiled,
                         uint32_t planner_task, Nanos origin)
    : mission_(mission), control_(control), base_(base), modules_(modules_of(compiled)),
      planner_task_(planner_task), origin_(origin), jobs_of_(jobs_by_task(base)),
      planner_(base, plan) {
  Triggers::Extent extent;
  extent.lanes = static_cast<uint32_t>(control.lane_names().size());
  extent.kernels = number_kernels(compiled);
  triggers_ = std::make_unique<Triggers>(extent);
  report_.window = planner_.boundary(1) - planner_.boundary(0);
}

uint32_t MissionLoop::number_kernels(const CompiledWorkload& compiled) {
  ops_of_.resize(base_.tasks.size());
  std::map<std::string, uint32_t> numbers;
  for (const Operation& op : base_.operations) {
    if (op.kind != Operation::Kind::kGraphOp) continue;
    const auto [at, added] =
        numbers.try_emplace(op.kernel_hash, static_cast<uint32_t>(numbers.size()));
    if (added) kernel_hashes_.push_back(op.kernel_hash);
    const uint32_t t = base_.jobs[op.job.value()].task.value();
    const DispatchGraph& graph = compiled.modules[base_.tasks[t].module.value()].graph;
    if (ops_of_[t].size() <= op.graph_op) ops_of_[t].resize(op.graph_op + 1);
    Observed& observed = ops_of_[t][op.graph_op];
    observed.kernel = at->second;
    observed.expected = narrow_duration(op);
    observed.tiles = tiles_of(graph.find(base_.tasks[t].function)->ops[op.graph_op]);
  }
  return static_cast<uint32_t>(numbers.size());
}

void MissionLoop::start() {
  mission_.open_until(absolute(1));
  await_window(1);
  begin_planning(1);
}

bool MissionLoop::pause() {
  const std::lock_guard lock(mutex_);
  paused_ = true;
  return !busy_;
}

void MissionLoop::resume() {
  const std::lock_guard lock(mutex_);
  paused_ = false;
}

// What opens a window is all that keeps the mission going.
void MissionLoop::await_window(int64_t window) {
  HostWork work;
  work.job.task = planner_task_;
  work.job.number = static_cast<uint64_t>(window);
  work.job.release = absolute(window) - kMargin;
  work.job.deadline = absolute(window);
  work.job.criticality = Criticality::kHard;
  work.job.priority = INT32_MAX;
  work.run = [this, window] { open_window(window); };
  control_.submit_host(std::move(work));
}

void MissionLoop::open_window(int64_t window) {
  if (!mission_.goes_on()) return mission_.open_until(Nanos::max());
  {
    const std::lock_guard lock(mutex_);
    ++report_.windows;
    if (!paused_) ++(planned_ >= window ? report_.planned : report_.late);
  }
  mission_.open_until(absolute(window + 1));
  await_window(window + 1);
  begin_planning(window + 1);
}

void MissionLoop::begin_planning(int64_t window) {
  {
    const std::lock_guard lock(mutex_);
    if (busy_ || paused_) return;   // late with the window before, which may still be of use
    busy_ = true;
  }
  planning_ = window;
  begun_ = false;
  spent_ = Nanos(0);
  lane_ = roomiest_lane();
  submit_slice();
}

void MissionLoop::submit_slice() {
  HostWork work;
  work.job.task = planner_task_;
  work.job.number = static_cast<uint64_t>(planning_);
  work.job.deadline = absolute(planning_) - kMargin;
  work.job.criticality = Criticality::kSoft;
  work.job.priority = INT32_MAX;
  work.lane = lane_;
  work.run = [this] { run_slice(); };
  control_.submit_host(std::move(work));
}

void MissionLoop::run_slice() {
  const Nanos begin = monotonic_now();
  const bool more = plan_on(begin);
  spent_ += monotonic_now() - begin;
  if (more) return submit_slice();
  const std::lock_guard lock(mutex_);
  busy_ = false;
  if (planned_ == planning_) times_.note_end(JobOutcome::kDone, spent_);
}

// One slice of work. False: there is no more to do for this window.
bool MissionLoop::plan_on(Nanos now) {
  {
    const std::lock_guard lock(mutex_);
    if (paused_) return false;
  }
  if (!mission_.goes_on() || now >= absolute(planning_ + 1)) return false;   // of use to nobody
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
  const bool kept = planner_.reused() != reused;   // judged when it was made
  const bool valid = kept || is_valid(planner_.problem(), planner_.schedule());
  const bool taken =
      valid && control_.set_plan(change_of(window, base_, modules_, control_.lane_names(), origin_))
                   .ok();
  const std::lock_guard lock(mutex_);
  report_.reused = planner_.reused();
  if (taken) {
    planned_ = planning_;
  } else {
    ++report_.refused;
  }
  return false;
}

// Which jobs are in flight is known; how far they are is taken from the plan they run by.
WindowState MissionLoop::state(Nanos now) const {
  WindowState state;
  state.now = now - origin_;
  const std::vector<TaskProgress> progress = mission_.progress();
  state.next.resize(base_.tasks.size());
  for (uint32_t t = 0; t < base_.tasks.size(); ++t) {
    const auto per_hyperperiod = static_cast<int64_t>(jobs_of_[t].size());
    if (per_hyperperiod == 0) continue;
    state.next[t] = static_cast<int64_t>(progress[t].next);
    if (!progress[t].in_flight) continue;
    const int64_t number = state.next[t] - 1;
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
  const std::lock_guard lock(mutex_);
  (lost - lost_).for_each([&](uint32_t lane) {
    triggers_->report({ReactionReason::kLaneStuck, lane, now});
  });
  (lost_ - lost).for_each([&](uint32_t lane) {
    triggers_->report({ReactionReason::kLaneBack, lane, now});
  });
  lost_ = lost;
  const ReplanRequest request = triggers_->next(now);
  if (request.reason == ReplanReason::kNone) return conditions_;
  note(request);
  conditions_.lost = lost;
  conditions_.kernel_pct.clear();
  for (uint32_t k = 0; k < kernel_hashes_.size(); ++k)
    if (const uint32_t pct = triggers_->duration_pct(k); pct != 100 && pct > 0)
      conditions_.kernel_pct[kernel_hashes_[k]] = pct;
  return conditions_;
}

void MissionLoop::note(const ReplanRequest& request) {
  ++report_.replans;
  if (report_.reasons.size() == LoopReport::kReplansMax)
    report_.reasons.erase(report_.reasons.begin());
  std::string subject = std::to_string(request.subject);
  if (request.reason == ReplanReason::kDuration) subject = kernel_hashes_[request.subject];
  if (request.reason == ReplanReason::kLate) subject = base_.tasks[request.subject].name;
  report_.reasons.push_back({request, std::move(subject)});
}

// The lane that the plan in force leaves idle the longest.
uint32_t MissionLoop::roomiest_lane() const {
  std::vector<Nanos> busy(control_.lane_names().size());
  for (const PlannedOp& op : planner_.in_force().ops)
    op.lanes.for_each([&](uint32_t lane) {
      if (lane < busy.size()) busy[lane] += op.duration;
    });
  const LaneMask usable = control_.usable_lanes();
  uint32_t best = usable.empty() ? 0 : usable.least();
  usable.for_each([&](uint32_t lane) {
    if (lane < busy.size() && busy[lane] < busy[best]) best = lane;
  });
  return best;
}

// Only what one lane did alone says how long the kernel takes.
void MissionLoop::observe(const TraceEvent& event) {
  if (event.task >= ops_of_.size()) return;
  const std::lock_guard lock(mutex_);
  if (event.kind == TraceEvent::Kind::kDecision &&
      event.value == static_cast<uint16_t>(TraceDecision::kReplan))
    return triggers_->report_late(event.task, event.begin);
  if (event.kind != TraceEvent::Kind::kOp || event.op >= ops_of_[event.task].size()) return;
  Observed& op = ops_of_[event.task][event.op];
  if (op.tiles == 0 || op.expected <= Nanos(0)) return;
  if (event.job != op.job) {
    op.job = event.job;
    op.lane = event.lane;
    op.seen = 0;
    op.time = Nanos(0);
  }
  if (event.lane != op.lane) return;
  op.seen += event.value;
  op.time += event.end - event.begin;
  if (op.seen == op.tiles)
    triggers_->report_duration(op.kernel, op.expected, op.time, event.end);
}

LoopReport MissionLoop::report() const {
  const std::lock_guard lock(mutex_);
  LoopReport report = report_;
  const TaskFigures times = times_.figures("takt.planner");
  report.planner_p50 = times.response_p50;
  report.planner_p99 = times.response_p99;
  report.planner_max = times.response_max;
  return report;
}

}  // namespace takt
