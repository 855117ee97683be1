#include "app/takt_mission.h"

#include <sched.h>

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace takt {

Result<Trace> TaktMission::run(const MissionOptions& options) {
  DeviceControl& control = *device_->control();
  options_ = options;
  first_error_ = {};
  control.drain_trace([](const TraceEvent&) {});   // what happened before this run
  const uint64_t dropped_before = control.statistics().trace_dropped;
  TraceCollector collector(control.lane_names(), task_names(workload_));
  // Submitting the first jobs must not make them late.
  origin_ = monotonic_now() + millis(20);
  control.set_window_origin(origin_);

  submits_.clear();
  runners_.assign(tasks_.size(), Runner{});
  running_ = tasks_.size();
  for (size_t i = 0; i < tasks_.size(); ++i) {
    runners_[i].mission = this;
    runners_[i].task = &tasks_[i];
    runners_[i].jobs = tasks_[i].job_count(options);
    tasks_[i].events.reserve(3 * runners_[i].jobs);
    submit_next(runners_[i]);
  }
  wait_for_runners(collector);
  TAKT_TRY(first_error_);
  control.wait_idle();

  drain(collector);
  for (const TraceEvent& event : submits_) collector.add(event);
  collect_events(tasks_, collector);
  Trace trace = collector.finish(origin_);
  trace.dropped += control.statistics().trace_dropped - dropped_before;
  return trace;
}

void TaktMission::drain(TraceCollector& collector) {
  device_->control()->drain_trace([&](const TraceEvent& event) { collector.add(event); });
}

void TaktMission::wait_for_runners(TraceCollector& collector) {
  constexpr Nanos kPatience = seconds(30);   // for the last jobs, after the last release
  const Nanos give_up = origin_ + options_.duration + kPatience;
  std::unique_lock lock(mutex_);
  while (running_ > 0) {
    if (ended_.wait_for(lock, std::chrono::milliseconds(100)) == std::cv_status::no_timeout)
      continue;
    lock.unlock();
    drain(collector);   // before a ring is full
    end_failed_runners();
    if (monotonic_now() > give_up)
      for (Runner& runner : runners_)
        end_runner(runner, failed("task " + runner.task->spec.name + ": job " +
                                  std::to_string(runner.current) + " did not end within 30 s"));
    lock.lock();
  }
}

void TaktMission::end_failed_runners() {
  for (Runner& runner : runners_) {
    uint64_t value = 0;
    iree_status_t status = iree_hal_semaphore_query(runner.task->call->timeline(), &value);
    if (!iree_status_is_ok(status))
      end_runner(runner, iree_error(status, "task " + runner.task->spec.name));
  }
}

void TaktMission::submit_next(Runner& runner) {
  MissionTask& task = *runner.task;
  const bool stopped = options_.stop && options_.stop->load(std::memory_order_relaxed);
  const Nanos now = monotonic_now();
  while (!stopped && runner.next < runner.jobs && task.sheds(origin_, runner.next, now)) {
    task.record_release(origin_, runner.next);
    task.record_end(origin_, runner.next++, now, JobOutcome::kShed);
  }
  if (stopped || runner.next == runner.jobs) return end_runner(runner, {});
  runner.current = runner.next++;
  task.record_release(origin_, runner.current);
  if (Status status = submit_job(runner); !status.ok()) end_runner(runner, status);
}

Status TaktMission::submit_job(Runner& runner) {
  MissionTask& task = *runner.task;
  ActiveJob job;
  job.task = task.index;
  job.number = runner.current;
  job.release = task.release(origin_, runner.current);
  job.deadline = task.deadline(origin_, runner.current);
  job.criticality = task.spec.criticality;
  job.priority = task.spec.priority;
  set_thread_job(&job);
  Status status = task.call->submit();
  set_thread_job(nullptr);
  TAKT_TRY(status);

  iree_hal_semaphore_t* timeline = task.call->timeline();
  uint64_t value = task.call->calls();
  const iree_hal_semaphore_list_t completed = {1, &timeline, &value};
  const uint64_t args[4] = {};
  return to_status(
      iree_hal_device_queue_host_call(device_->get(), IREE_HAL_QUEUE_AFFINITY_ANY, completed,
                                      iree_hal_semaphore_list_empty(),
                                      iree_hal_make_host_call(job_completed, &runner), args,
                                      IREE_HAL_HOST_CALL_FLAG_RELAXED),
      task.spec.name);
}

iree_status_t TaktMission::job_completed(void* user_data, const uint64_t*,
                                         iree_hal_host_call_context_t*) {
  Runner& runner = *static_cast<Runner*>(user_data);
  TaktMission& mission = *runner.mission;
  const uint32_t task = runner.task->index;
  const uint64_t job = runner.current;
  const Nanos end = monotonic_now();
  runner.task->record_done(mission.origin_, job, end);
  const bool last = runner.next == runner.jobs;
  if (last) mission.record_submit(task, job, end, monotonic_now());
  mission.submit_next(runner);
  // From here on the runner belongs to whoever completes the next job, and after the last
  // one the run may be over.
  if (!last) mission.record_submit(task, job, end, monotonic_now());
  return iree_ok_status();
}

// The work that submits the next job belongs to the job it follows.
void TaktMission::record_submit(uint32_t task, uint64_t job, Nanos begin, Nanos end) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kSubmit;
  event.lane = lane_of_this_thread();
  event.task = task;
  event.job = job;
  event.begin = begin;
  event.end = end;
  const std::lock_guard lock(mutex_);   // once per job
  submits_.push_back(event);
}

uint16_t TaktMission::lane_of_this_thread() const {
  const std::vector<int>& cpus = device_->control()->lane_cpus();
  const auto lane = std::find(cpus.begin(), cpus.end(), sched_getcpu());
  return static_cast<uint16_t>(lane == cpus.end() ? 0 : lane - cpus.begin());
}

void TaktMission::end_runner(Runner& runner, Status status) {
  const std::lock_guard lock(mutex_);
  if (runner.ended) return;
  runner.ended = true;
  if (!status.ok() && first_error_.ok()) first_error_ = status;
  if (--running_ == 0) ended_.notify_all();
}

}  // namespace takt
