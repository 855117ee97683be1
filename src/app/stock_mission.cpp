#include "app/stock_mission.h"

#include <cerrno>
#include <ctime>
#include <thread>

#include "base/clock.h"

namespace takt {
namespace {

void sleep_until(Nanos time) {
  const timespec until{time.ns / 1'000'000'000, time.ns % 1'000'000'000};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
  }
}

Status run_task(MissionTask& task, const MissionOptions& options, Nanos origin) {
  const uint64_t jobs = task.job_count(options);
  task.events.reserve(2 * jobs);
  for (uint64_t job = 0; job < jobs; ++job) {
    if (options.stop && options.stop->load(std::memory_order_relaxed)) break;
    task.record_release(origin, job);
    sleep_until(task.release(origin, job));
    if (task.sheds(origin, job, monotonic_now())) {
      task.record_end(origin, job, monotonic_now(), JobOutcome::kShed);
      continue;
    }
    TAKT_TRY(task.call->run());
    task.record_done(origin, job, monotonic_now());
  }
  return {};
}

}  // namespace

Result<Trace> StockMission::run(const MissionOptions& options) {
  const Nanos origin = monotonic_now() + millis(20);
  std::vector<Status> results(tasks_.size());
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < tasks_.size(); ++i)
      threads.emplace_back([&, i] { results[i] = run_task(tasks_[i], options, origin); });
  }
  for (const Status& result : results) TAKT_TRY(result);
  TraceCollector collector({}, task_names(workload_));
  collect_events(tasks_, collector);
  return collector.finish(origin);
}

}  // namespace takt
