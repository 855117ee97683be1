// The executor's watch thread: samples its lanes for the Watchdog, and what it finds for the
// Reaction, which decides which lanes count as lost.
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "base/clock.h"
#include "dispatch/reaction.h"
#include "run/executor.h"
#include "run/futex.h"
#include "run/watchdog.h"

namespace takt {
namespace {

// True when the thread is runnable but, as far as the kernel's accounts say, not on a cpu: state
// R, and its cpu time has not moved since `*cpu_time`, which is brought up to date.
bool waits_for_cpu(int thread, uint64_t* cpu_time) {
  char path[64], text[512];
  std::snprintf(path, sizeof(path), "/proc/self/task/%d/stat", thread);
  std::FILE* const file = std::fopen(path, "r");
  if (!file) return false;
  const size_t size = std::fread(text, 1, sizeof(text) - 1, file);
  std::fclose(file);
  text[size] = 0;
  const char* const name_end = std::strrchr(text, ')');
  if (!name_end) return false;
  char state = 0;
  std::sscanf(name_end + 1, " %c", &state);
  // The nanoseconds it ran and waited, more exact than the ticks of stat.
  std::snprintf(path, sizeof(path), "/proc/self/task/%d/schedstat", thread);
  unsigned long long ran = 0;
  if (std::FILE* const times = std::fopen(path, "r")) {
    if (std::fscanf(times, "%llu", &ran) != 1) ran = 0;
    std::fclose(times);
  }
  const bool moved = ran != *cpu_time;
  *cpu_time = ran;
  return state == 'R' && !moved;
}

}  // namespace

void Executor::start_watch() {
  if (options_.watch_bound <= Nanos(0)) return;
  for (uint32_t l = 0; l < lane_count_; ++l) lanes_[l].watched = true;
  watch_.start([this] { watch_main(); }, 0);
}

void Executor::stop_watch() {
  watch_stop_.store(1, std::memory_order_seq_cst);
  futex_wake_all(watch_stop_);
  watch_.join();
}

void Executor::watch_main() {
  if (options_.realtime) {
    // Above the workers, which could otherwise hide that they leave no cpu to anybody.
    sched_param priority{};
    priority.sched_priority = 2;
    if (pthread_setschedparam(pthread_self(), SCHED_FIFO, &priority) != 0)
      warn("the watch thread runs without real-time priority: it reports late");
  }
  Watchdog watchdog(lane_count_, options_.watch_bound, monotonic_now());
  Reaction reaction(lane_count_, options_.topology.clusters(), monotonic_now(),
                    {.heartbeat_gap = 2 * options_.watch_bound});
  std::vector<LaneSample> samples(lane_count_);
  std::vector<uint64_t> cpu_times(lane_count_);
  std::vector<LaneReport> reports;
  while (watch_stop_.load(std::memory_order_seq_cst) == 0) {
    futex_wait(watch_stop_, 0, watchdog.next_look());
    const Nanos now = monotonic_now();
    if (now < watchdog.next_look()) continue;
    for (uint32_t l = 0; l < lane_count_; ++l) {
      const RunLane& lane = lanes_[l];
      LaneSample& sample = samples[l];
      sample.owned = !parked_.has(l);
      sample.progress = lane.running.load(std::memory_order_relaxed) +
                        lane.section.load(std::memory_order_relaxed);
      sample.waits_for_cpu = watchdog.still(l, sample) &&
                             waits_for_cpu(lane.thread_id.load(), &cpu_times[l]);
      if (!watchdog.still(l, sample)) reaction.report_heartbeat(l, now);
    }
    reports.clear();
    watchdog.look(samples, now, &reports);
    for (LaneReport& report : reports) tell_watch(report, now, reaction);
    follow(reaction, now);
  }
}

void Executor::tell_watch(LaneReport& report, Nanos now, Reaction& reaction) {
  if (report.lane != LaneReport::kNoLane) {
    const RunLane& lane = lanes_[report.lane];
    report.cpu = lane.cpu >= 0 ? lane.cpu : lane.seen_cpu.load(std::memory_order_relaxed);
    report.label = uint32_t(lane.running.load(std::memory_order_relaxed));
    if (report.kind != LaneReport::Kind::kBack) reaction.report_stuck(report.lane, now);
  }
  if (report.kind != LaneReport::Kind::kBack) warn(report.text(now));
  if (options_.lane_report) options_.lane_report(report);
}

// Carries out what the reaction decided: planned operations of lost lanes are anybody's.
void Executor::follow(Reaction& reaction, Nanos now) {
  bool changed = false;
  while (reaction.next(now).reason != ReactionReason::kNone) changed = true;
  if (!changed) return;
  uint32_t lost = 0;
  for (uint32_t l = 0; l < lane_count_; ++l) {
    const bool usable = reaction.usable().has(l);
    lost += !usable;
    if (usable == usable_.has(l)) continue;
    if (usable) {
      usable_.put(l);
    } else {
      usable_.take(l);
    }
  }
  lost_lanes_.store(lost, std::memory_order_seq_cst);
  published_.fetch_add(1, std::memory_order_seq_cst);
  for (uint32_t l = 0; l < lane_count_; ++l) wake(l);
}

}  // namespace takt
