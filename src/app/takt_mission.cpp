#include "app/takt_mission.h"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <mutex>

#include "base/clock.h"

namespace takt {
namespace {

constexpr Nanos kPatience = seconds(30);      // for the last jobs, after the last release
constexpr Nanos kDrainPeriod = millis(100);
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
  if (loop_) loop_->start();
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
  first_error_ = {};
  runners_.clear();
  names_.clear();
  tallies_.clear();
  for (const std::shared_ptr<MissionTask>& task : tasks_)
    add_runner(task, 0, origin_);
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
  if (!options_.planning) return {};
  const Instance& base = *options_.planning;
  const std::vector<Task>& tasks = compiled_.workload.tasks;
  bool same = base.tasks.size() == tasks.size() && base.horizon != Nanos::max();
  for (size_t t = 0; same && t < tasks.size(); ++t) same = base.tasks[t].name == tasks[t].name;
  if (!same) return bad_input("windows are planned for another workload than the one that runs");
  const Plan* const plan =
      plan_ && plan_->instance_hash == base.hash() ? plan_.get() : nullptr;
  LoopMission& self = *this;
  loop_ = std::make_unique<MissionLoop>(self, *device_->control(), base, plan, compiled_,
                                        index_of("takt.planner"), origin_);
  window_gate_ = Nanos::min();
  return {};
}

bool TaktMission::goes_on() const {
  const std::lock_guard lock(mutex_);
  return runs_ && !stopped();
}

std::vector<TaskProgress> TaktMission::progress() const {
  const std::lock_guard lock(mutex_);
  std::vector<TaskProgress> progress(compiled_.workload.tasks.size());
  for (const TaskRunner& runner : runners_)   // a run that plans has the tasks it began with
    if (runner.jobs.index < progress.size())
      progress[runner.jobs.index] = {runner.next, runner.in_flight};
  return progress;
}

void TaktMission::open_until(Nanos until) {
  {
    const std::lock_guard lock(mutex_);
    window_gate_ = until;
  }
  submit_waiting();
}

void TaktMission::submit_waiting() {
  std::vector<TaskRunner*> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (TaskRunner& runner : runners_) {
      if (!runner.waits_at_gate) continue;
      if (!stopped() && runner.next < runner.end && runner.jobs.release(runner.next) >= gate())
        continue;
      runner.waits_at_gate = false;   // taken by this thread
      waiting.push_back(&runner);
    }
  }
  for (TaskRunner* runner : waiting) submit_next(*runner);
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
  if (!loop_) return std::nullopt;
  return loop_->report();
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
  const auto collect = [this](const TraceEvent& event) {
    collector_->add(event);
    if (loop_) loop_->observe(event);
  };
  device_->control()->drain_trace(collect);
  submits_.drain(collect);
  for (TaskRunner* runner : all_runners()) runner->events.drain(collect);
}

void TaktMission::wait_for_runners() {
  Nanos last_release = options_.duration > Nanos(0) ? origin_ + options_.duration : Nanos::max();
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    if (ended_.wait_for(lock, std::chrono::nanoseconds(kDrainPeriod.ns)) ==
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

// The number of the job to submit now; nullopt: the runner has ended, or waits at the gate.
std::optional<uint64_t> TaktMission::take_job(TaskRunner& runner) {
  {
    const std::lock_guard lock(mutex_);
    runner.in_flight = false;
    if (!stopped() && runner.next < runner.end) {
      runner.waits_at_gate = runner.jobs.release(runner.next) >= gate();
      if (runner.waits_at_gate) return std::nullopt;
      runner.in_flight = true;
      runner.current = runner.next++;
      return runner.current;
    }
  }
  end_runner(runner, {});
  return std::nullopt;
}

void TaktMission::submit_next(TaskRunner& runner) {
  while (const std::optional<uint64_t> job = take_job(runner)) {
    runner.record_release(*job);
    if (const Nanos now = monotonic_now(); runner.jobs.sheds(*job, now)) {
      runner.record_end(*job, now, JobOutcome::kShed);
      continue;
    }
    if (Status status = submit_job(runner, *job); !status.ok()) end_runner(runner, status);
    return;
  }
}

Status TaktMission::submit_job(TaskRunner& runner, uint64_t number) {
  const Task& spec = runner.jobs.spec;
  ActiveJob job;
  job.task = runner.jobs.index;
  job.number = number;
  job.release = runner.jobs.release(number);
  job.deadline = runner.jobs.deadline(number);
  job.criticality = spec.criticality;
  job.priority = spec.priority;
  runner.given_up.store(false, std::memory_order_relaxed);
  job.may_be_shed = runner.jobs.may_be_shed();
  job.give_up_at = runner.jobs.give_up_at(number);
  job.given_up = &runner.given_up;
  Call& call = *runner.task->call;
  set_thread_job(&job);
  Status status = call.submit();
  set_thread_job(nullptr);
  TAKT_TRY(status);

  iree_hal_semaphore_t* timeline = call.timeline();
  uint64_t value = call.calls();
  const iree_hal_semaphore_list_t completed = {1, &timeline, &value};
  const uint64_t args[4] = {number};
  return to_status(
      iree_hal_device_queue_host_call(device_->get(), IREE_HAL_QUEUE_AFFINITY_ANY, completed,
                                      iree_hal_semaphore_list_empty(),
                                      iree_hal_make_host_call(job_completed, &runner), args,
                                      IREE_HAL_HOST_CALL_FLAG_RELAXED),
      spec.name);
}

iree_status_t TaktMission::job_completed(void* user_data, const uint64_t args[4],
                                         iree_hal_host_call_context_t*) {
  TaskRunner& runner = *static_cast<TaskRunner*>(user_data);
  TaktMission& mission = runner.mission;
  const uint64_t job = args[0];
  const Nanos end = monotonic_now();
  runner.last_given_up = runner.given_up.load(std::memory_order_relaxed);
  runner.record_end(job, end,
                    runner.last_given_up ? runner.jobs.given_up_outcome(job, end)
                                         : runner.jobs.outcome(job, end));
  // The work that submits the next job belongs to the job it follows. From that submission on the
  // runner belongs to whoever completes it.
  TraceEvent submit;
  submit.kind = TraceEvent::Kind::kSubmit;
  submit.lane = mission.lane_of_this_thread();
  submit.task = runner.jobs.index;
  submit.job = job;
  submit.begin = end;
  mission.submit_next(runner);
  submit.end = monotonic_now();
  const std::lock_guard lock(mission.mutex_);   // one producer at a time
  mission.submits_.push(submit);
  return iree_ok_status();
}

uint16_t TaktMission::lane_of_this_thread() const {
  const std::vector<int>& cpus = device_->control()->lane_cpus();
  const auto lane = std::find(cpus.begin(), cpus.end(), sched_getcpu());
  return static_cast<uint16_t>(lane == cpus.end() ? 0 : lane - cpus.begin());
}

void TaktMission::end_runner(TaskRunner& runner, const Status& status) {
  const std::lock_guard lock(mutex_);
  if (runner.ended) return;
  runner.ended = true;
  if (!status.ok() && first_error_.ok()) first_error_ = status;
  if (--running_ == 0) ended_.notify_all();
}

}  // namespace takt
