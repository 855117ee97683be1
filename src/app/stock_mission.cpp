#include "app/stock_mission.h"

#include <cerrno>
#include <ctime>
#include <thread>

#include "base/clock.h"
#include "trace/collector.h"

namespace takt {
namespace {

void sleep_until(Nanos time) {
  const timespec until{time.ns / 1'000'000'000, time.ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Status run_jobs(Call& call, const JobSeries& jobs, const MissionOptions& options,
                std::vector<TraceEvent>& events) {
  const uint64_t end = jobs.end_of(options);
  for (uint64_t job = jobs.first; job < end; ++job) {
    if (options.stop && options.stop->load(std::memory_order_relaxed)) break;
    events.push_back(jobs.release_event(job));
    sleep_until(jobs.release(job));
    if (const Nanos now = monotonic_now(); jobs.sheds(job, now)) {
      events.push_back(jobs.end_event(job, now, JobOutcome::kShed));
      continue;
    }
    TAKT_TRY(call.run());
    const Nanos now = monotonic_now();
    events.push_back(jobs.end_event(job, now, jobs.outcome(job, now)));
  }
  return {};
}

}  // namespace

Result<Trace> StockMission::run(const MissionOptions& options) {
  if (options.duration <= Nanos(0))
    return bad_input("a run without an end is for takt devices; give a duration");
  const Nanos origin = monotonic_now() + millis(20);
  std::vector<Status> results(tasks_.size());
  std::vector<std::vector<TraceEvent>> events(tasks_.size());
  {
    std::vector<std::jthread> threads;
    for (uint32_t i = 0; i < tasks_.size(); ++i)
      threads.emplace_back([&, i] {
        results[i] = run_jobs(*tasks_[i].call, {tasks_[i].spec, i, origin}, options, events[i]);
      });
  }
  for (const Status& result : results) TAKT_TRY(result);
  TraceCollector collector({}, task_names(workload_));
  for (const std::vector<TraceEvent>& of_task : events)
    for (const TraceEvent& event : of_task) collector.add(event);
  return collector.finish(origin);
}

Result<std::vector<std::vector<std::string>>> StockMission::outputs() {
  std::vector<std::vector<std::string>> all;
  for (const MissionTask& task : tasks_) {
    TAKT_ASSIGN(std::vector<std::string> outputs, task.call->outputs());
    all.push_back(std::move(outputs));
  }
  return all;
}

}  // namespace takt
