#include "app/takt_mission.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <mutex>

#include "app/mission_tuning.h"
#include "base/clock.h"

namespace takt {
namespace {

constexpr Nanos kPatience = seconds(30);      // for the last jobs, after the last release
constexpr Nanos kDrainLatest = seconds(10);   // rings hold what happens in this time
constexpr size_t kEventsPerJob = 2;           // release and end
constexpr size_t kSubmits = 1 << 16;          // of all tasks together

// Events of the jobs of `spec` between two drains that come late.
size_t ring_capacity(const Task& spec) {
  const int64_t period = std::max<int64_t>(spec.period.length().ns, 1);
  const auto jobs = static_cast<size_t>(std::min<int64_t>(kDrainLatest.ns / period, 1 << 18)) + 2;
  return std::bit_ceil(kEventsPerJob * jobs);
}

}  // namespace

TaktMission::TaktMission(CompiledWorkload compiled, std::vector<MissionTask> tasks,
                         std::shared_ptr<Device> device, uint64_t seed)
    : device_(std::move(device)), seed_(seed), compiled_(std::move(compiled)),
      submits_(kSubmits), plan_(device_->control()->plan()) {
  for (MissionTask& task : tasks)
    tasks_.push_back(std::make_shared<MissionTask>(std::move(task)));
}

TaktMission::~TaktMission() { device_->control()->wait_idle(); }

Result<Trace> TaktMission::run(const MissionOptions& options) {
  DeviceControl& control = *device_->control();
  control.wait_idle();                             // a run before this one may have failed
  control.drain_trace([](const TraceEvent&) {});   // what happened before this run
  const uint64_t dropped_before = control.statistics().trace_dropped;
  const uint64_t submits_before = submits_.dropped();
  TAKT_TRY(begin_run(options));
  if (const std::shared_ptr<MissionLoop> planning = loop()) planning->start();
  for (TaskRunner* runner : all_runners()) submit_next(*runner);
  wait_for_runners();
  TAKT_TRY(first_error_);
  control.wait_idle();
  drain();
  Trace trace = collector_->finish(origin_);
  trace.tasks = names_;
  trace.dropped += control.statistics().trace_dropped - dropped_before;
  trace.dropped += submits_.dropped() - submits_before;
  for (const TaskRunner& runner : runners_) trace.dropped += runner.events.dropped();
  return trace;
}

Status TaktMission::begin_run(const MissionOptions& options) {
  DeviceControl& control = *device_->control();
  options_ = options;
  const bool endless = options.duration <= Nanos(0);
  collector_.emplace(control.lane_names(), std::vector<std::string>(), options.events_max,
                     endless ? TraceCollector::Keep::kLast : TraceCollector::Keep::kFirst);
  // Submitting the first jobs must not make them late.
  origin_ = monotonic_now() + millis(20);
  const std::lock_guard lock(mutex_);
  if (options.plan) plan_ = std::make_shared<const Plan>(*options.plan);
  first_error_ = {};
  runners_.clear();
  names_.clear();
  tallies_.clear();
  std::vector<TaskRunner*> runners;
  for (const std::shared_ptr<MissionTask>& task : tasks_)
    runners.push_back(&add_runner(task, 0, origin_));
  link(compiled_.workload, runners, std::vector<uint64_t>(runners.size()));
  change_gate_ = window_gate_ = Nanos::max();
  plan_base_ = origin_;
  control.set_window_origin(origin_);
  if (plan_ != control.plan()) {
    PlanChange change{plan_, {}};
    change.scope.base = origin_;
    for (uint32_t t = 0; t < tasks_.size(); ++t) change.scope.tasks.push_back({t, 0});
    TAKT_TRY(control.set_plan(change));
  }
  TAKT_TRY(begin_planning());
  runs_ = true;
  return {};
}

// REQUIRES: mutex_ is held
Status TaktMission::begin_planning() {
  loop_.reset();
  log_.reset();
  if (!options_.planning) return {};
  TAKT_TRY(check_planning(*options_.planning, compiled_.workload));
  std::vector<PlanChange::TaskJobs> jobs;
  for (uint32_t t = 0; t < tasks_.size(); ++t) jobs.push_back({t, 0});
  log_.emplace();
  planner_task_ = index_of("takt.planner");
  loop_ = make_loop(*options_.planning, compiled_, plan_.get(), std::move(jobs), origin_);
  window_gate_ = loop_->boundary(1);
  return {};
}

Status TaktMission::check_planning(const Instance& base, const Workload& workload) const {
  const std::vector<Task>& tasks = workload.tasks;
  bool same = base.tasks.size() == tasks.size() && base.horizon != Nanos::max();
  for (size_t t = 0; same && t < tasks.size(); ++t) same = base.tasks[t].name == tasks[t].name;
  if (same) return {};
  return bad_input("windows are planned for another workload than the one that runs");
}

std::shared_ptr<MissionLoop> TaktMission::make_loop(const Instance& base,
                                                    const CompiledWorkload& compiled,
                                                    const Plan* plan,
                                                    std::vector<PlanChange::TaskJobs> tasks,
                                                    Nanos origin) {
  LoopInput input;
  input.base = base;
  if (plan && plan->instance_hash == base.hash()) input.plan = plan;
  input.compiled = &compiled;
  input.tasks = std::move(tasks);
  input.planner_task = planner_task_;
  input.origin = origin;
  input.announced_from = origin_;
  LoopMission& self = *this;
  return std::make_shared<MissionLoop>(self, *device_->control(), *log_, std::move(input));
}

std::shared_ptr<MissionLoop> TaktMission::loop() const {
  const std::lock_guard lock(mutex_);
  return loop_;
}

bool TaktMission::goes_on() const {
  const std::lock_guard lock(mutex_);
  return runs_ && !stopped();
}

std::vector<TaskProgress> TaktMission::progress() const {
  const std::lock_guard lock(mutex_);
  std::vector<TaskProgress> progress(names_.size());
  for (const TaskRunner& runner : runners_)   // of a name's, the last one counts
    progress[runner.jobs.index] = {runner.next, runner.in_flight};
  return progress;
}

void TaktMission::open_until(Nanos until) {
  {
    const std::lock_guard lock(mutex_);
    window_gate_ = std::max(window_gate_, until);
  }
  submit_waiting();
}

std::vector<TaskRunner*> TaktMission::all_runners() {
  const std::lock_guard lock(mutex_);
  std::vector<TaskRunner*> all;
  for (TaskRunner& runner : runners_) all.push_back(&runner);
  return all;
}

uint32_t TaktMission::index_of(const std::string& name) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<uint32_t>(found - names_.begin());
  names_.push_back(name);
  tallies_.emplace_back();
  return static_cast<uint32_t>(names_.size() - 1);
}

TaskRunner& TaktMission::add_runner(std::shared_ptr<MissionTask> task, uint64_t first,
                                    Nanos start) {
  const uint32_t index = index_of(task->spec.name);
  JobSeries jobs{task->spec, index, start, first};
  const size_t capacity = ring_capacity(task->spec);
  TaskRunner& runner = runners_.emplace_back(*this, std::move(task), std::move(jobs),
                                             tallies_[index], capacity);
  const bool endless = options_.duration <= Nanos(0);
  runner.end = runner.jobs.end_before(endless ? Nanos::max() : origin_ + options_.duration);
  if (options_.jobs_max > 0) runner.end = std::min(runner.end, first + options_.jobs_max);
  ++running_;
  return runner;
}

std::vector<TaskFigures> TaktMission::figures() const {
  const std::lock_guard lock(mutex_);
  std::vector<TaskFigures> figures;
  for (size_t i = 0; i < names_.size(); ++i) figures.push_back(tallies_[i].figures(names_[i]));
  return figures;
}

std::optional<LoopReport> TaktMission::loop_report() const {
  const std::lock_guard lock(mutex_);
  if (!log_) return std::nullopt;
  return log_->report();
}

CompiledWorkload TaktMission::workload() const {
  const std::lock_guard lock(mutex_);
  return compiled_;
}

Result<std::vector<std::vector<std::string>>> TaktMission::outputs() {
  std::vector<std::vector<std::string>> all;
  for (const std::shared_ptr<MissionTask>& task : tasks_) {
    for (const TaskRunner& runner : runners_)
      if (runner.task == task && runner.last_given_up) TAKT_TRY(task->call->run());
    TAKT_ASSIGN(std::vector<std::string> outputs, task->call->outputs());
    all.push_back(std::move(outputs));
  }
  return all;
}

void TaktMission::drain() {
  const std::shared_ptr<MissionLoop> planning = loop();
  const auto collect = [&](const TraceEvent& event) {
    collector_->add(event);
    if (planning) planning->observe(event);
    if (options_.observe) options_.observe(event);
  };
  device_->control()->drain_trace(collect);
  submits_.drain(collect);
  for (TaskRunner* runner : all_runners()) runner->events.drain(collect);
  if (planning) planning->look(monotonic_now());
}

void TaktMission::wait_for_runners() {
  Nanos last_release = options_.duration > Nanos(0) ? origin_ + options_.duration : Nanos::max();
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    if (ended_.wait_for(lock, std::chrono::nanoseconds(mission_tuning::kDrainPeriod.ns)) ==
        std::cv_status::no_timeout)
      continue;
    lock.unlock();
    drain();   // before a ring is full
    if (options_.progress) options_.progress();
    end_failed_runners();
    const Nanos now = monotonic_now();
    if (stopped()) last_release = std::min(last_release, now);
    if (last_release != Nanos::max() && now > last_release + kPatience) give_up_late_runners();
    lock.lock();
  }
  runs_ = false;
}

void TaktMission::end_failed_runners() {
  for (TaskRunner* runner : all_runners()) {
    uint64_t value = 0;
    iree_status_t status = iree_hal_semaphore_query(runner->task->call->timeline(), &value);
    if (!iree_status_is_ok(status))
      end_runner(*runner, iree_error(status, "task " + runner->jobs.spec.name));
  }
}

void TaktMission::give_up_late_runners() {
  std::vector<std::pair<TaskRunner*, uint64_t>> late;
  {
    const std::lock_guard lock(mutex_);
    for (TaskRunner& runner : runners_)
      // Stopped, it may still wait for a release that is far away.
      if (!runner.ended && monotonic_now() > runner.jobs.release(runner.current) + kPatience)
        late.emplace_back(&runner, runner.current);
  }
  for (const auto& [runner, job] : late)
    end_runner(*runner, failed("task " + runner->jobs.spec.name + ": job " +
                               std::to_string(job) + " did not end within 30 s"));
}

}  // namespace takt
