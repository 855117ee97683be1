// TaktMission: the way of one job: what it waits for, its submission, its end, whom that lets go.
#include <sched.h>

#include <algorithm>
#include <mutex>

#include "app/takt_mission.h"
#include "base/clock.h"

namespace takt {

void TaktMission::link(const Workload& workload, const std::vector<TaskRunner*>& tasks,
                       const std::vector<uint64_t>& first) {
  for (TaskRunner* runner : tasks)
    if (runner) runner->waits.clear();
  const auto add = [&](TaskId waiting, TaskId of, int64_t behind, bool triggers) {
    const uint32_t w = waiting.value(), o = of.value();
    if (!tasks[w] || !tasks[o]) return;
    const int64_t shift = static_cast<int64_t>(first[o]) - static_cast<int64_t>(first[w]) - behind;
    tasks[w]->waits.push_back({tasks[o], shift, triggers});
    std::vector<TaskRunner*>& followers = tasks[o]->followers;
    if (std::find(followers.begin(), followers.end(), tasks[w]) == followers.end())
      followers.push_back(tasks[w]);
  };
  for (uint32_t t = 0; t < tasks.size(); ++t)
    if (workload.tasks[t].arrival == Arrival::kEvent)
      add(TaskId(t), workload.tasks[t].on, 0, true);
  for (const DataEdge& edge : workload.edges) {
    if (edge.mode != DataEdge::Mode::kEvery) continue;
    add(edge.to, edge.from, 0, false);
    if (edge.buffer > 0) add(edge.from, edge.to, edge.buffer, false);
  }
}

bool TaktMission::has_to_wait(const TaskRunner& runner) const {
  if (stopped() || runner.next >= runner.end) return false;
  if (runner.jobs.release(runner.next) >= gate()) return true;
  return std::any_of(runner.waits.begin(), runner.waits.end(), [&](const TaskRunner::Wait& wait) {
    return !wait.of->ended && wait.job_of(runner.next) >= static_cast<int64_t>(wait.of->over);
  });
}

void TaktMission::submit_waiting() {
  std::vector<TaskRunner*> waiting;
  {
    const std::lock_guard lock(mutex_);
    for (TaskRunner& runner : runners_) {
      if (!runner.waiting || has_to_wait(runner)) continue;
      runner.waiting = false;   // taken by this thread
      waiting.push_back(&runner);
    }
  }
  for (TaskRunner* runner : waiting) submit_next(*runner);
}

// The job to submit now; nullopt: the runner has ended, or has to wait.
std::optional<TaktMission::Taken> TaktMission::take_job(TaskRunner& runner) {
  {
    const std::lock_guard lock(mutex_);
    runner.in_flight = false;
    if (!stopped() && runner.next < runner.end) {
      runner.waiting = has_to_wait(runner);
      if (runner.waiting) return std::nullopt;
      runner.in_flight = true;
      runner.current = runner.next++;
      std::deque<uint64_t>& shed = runner.shed_with;
      while (!shed.empty() && shed.front() < runner.current) shed.pop_front();
      return Taken{runner.current, !shed.empty() && shed.front() == runner.current};
    }
  }
  end_runner(runner, {});
  return std::nullopt;
}

void TaktMission::submit_next(TaskRunner& runner) {
  while (const std::optional<Taken> taken = take_job(runner)) {
    runner.record_release(taken->job);
    if (const Nanos now = monotonic_now(); taken->shed || runner.jobs.sheds(taken->job, now)) {
      runner.record_end(taken->job, now, JobOutcome::kShed);
      job_over(runner, taken->job, JobOutcome::kShed);
      continue;
    }
    if (Status status = submit_job(runner, taken->job); !status.ok()) end_runner(runner, status);
    return;
  }
}

void TaktMission::job_over(TaskRunner& runner, uint64_t job, JobOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    runner.over = job + 1;
    if (runner.followers.empty()) return;
    if (outcome == JobOutcome::kShed)
      for (TaskRunner* follower : runner.followers)
        for (const TaskRunner::Wait& wait : follower->waits)
          if (wait.triggers && wait.of == &runner)
            follower->shed_with.push_back(
                static_cast<uint64_t>(static_cast<int64_t>(job) - wait.shift));
  }
  submit_followers(runner);
}

void TaktMission::submit_followers(TaskRunner& runner) {
  for (size_t i = 0;; ++i) {
    TaskRunner* follower = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (i == runner.followers.size()) return;
      follower = runner.followers[i];
      if (!follower->waiting || has_to_wait(*follower)) continue;
      follower->waiting = false;   // taken by this thread
    }
    submit_next(*follower);
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
  const JobOutcome outcome = runner.last_given_up ? runner.jobs.given_up_outcome(job, end)
                                                  : runner.jobs.outcome(job, end);
  runner.record_end(job, end, outcome);
  // The work that submits the next job belongs to the job it follows. From that submission on the
  // runner belongs to whoever completes it.
  TraceEvent submit;
  submit.kind = TraceEvent::Kind::kSubmit;
  submit.lane = mission.lane_of_this_thread();
  submit.task = runner.jobs.index;
  submit.job = job;
  submit.begin = end;
  mission.job_over(runner, job, outcome);
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
  {
    const std::lock_guard lock(mutex_);
    if (runner.ended) return;
    runner.ended = true;
    if (!status.ok() && first_error_.ok()) first_error_ = status;
  }
  submit_followers(runner);   // nothing of it comes any more
  const std::lock_guard lock(mutex_);
  if (--running_ == 0) ended_.notify_all();
}

}  // namespace takt
