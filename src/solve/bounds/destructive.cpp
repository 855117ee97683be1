#include "solve/bounds/destructive.h"

#include <algorithm>

#include "base/int128.h"
#include "solve/bounds/disjunctive.h"
#include "solve/bounds/energy.h"
#include "solve/bounds/priced_load.h"

namespace takt {
namespace {

constexpr int kRounds = 12;       // of filters; each is O(n log n)

Nanos capped(Int128 time) { return time >= kNoEnd.ns ? kNoEnd : Nanos(static_cast<int64_t>(time)); }

void job_ends_by(Windows& windows, const Job& job, Nanos time) {
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op)
    if (!windows.problem().is_submit(op)) windows.end_before(op, time);
}

void deadlines(Windows& windows, const Limits& limits) {
  const Instance& instance = windows.problem().instance();
  for (const Job& job : instance.jobs) {
    if (job.deadline == Nanos::max()) continue;
    const InstanceTask& task = instance.tasks[job.task.value()];
    const auto late_by = [&](Level level) {
      const int64_t most = limits[level];
      if (most != INT64_MAX) job_ends_by(windows, job, capped(Int128{job.deadline.ns} +
                                                             most / task.weight));
    };
    if (task.criticality == Criticality::kHard) {
      if (limits[Level::kHardMisses] == 0) job_ends_by(windows, job, job.deadline);
      late_by(Level::kHardTardiness);
    } else if (task.criticality == Criticality::kFirm) {
      if (limits[Level::kFirmMisses] == 0) job_ends_by(windows, job, job.deadline);
    } else if (task.criticality == Criticality::kSoft) {
      late_by(Level::kSoftTardiness);
    }
  }
}

void chains(Windows& windows, int64_t most_ppm) {
  const Instance& instance = windows.problem().instance();
  if (most_ppm == INT64_MAX) return;
  for (const InstanceChain& chain : instance.chains)
    for (const ChainRun& run : chain.runs) {
      const Int128 allowed = Int128{chain.deadline.ns} * most_ppm / 1'000'000;
      job_ends_by(windows, instance.jobs[run.last.value()],
                  capped(Int128{instance.jobs[run.first.value()].release.ns} + allowed));
    }
}

}  // namespace

Windows windows_within(const Problem& problem, const Limits& limits) {
  Windows windows(problem);
  if (limits[Level::kMakespan] != INT64_MAX)
    windows.all_end_before(capped(limits[Level::kMakespan]));
  if (limits.in_window && problem.periodic()) windows.all_end_before(problem.instance().horizon);
  deadlines(windows, limits);
  chains(windows, limits[Level::kChainLatency]);
  return windows;
}

bool refuted(const LaneSets& sets, Windows& windows, int64_t& steps) {
  const int64_t size = windows.problem().size();
  for (int round = 0; round < kRounds && steps > 0; ++round) {
    const uint64_t before = windows.changes();
    if (!windows.propagate() || !tighten_disjunctive(sets, windows)) return true;
    steps -= 8 * size;
    if (windows.changes() == before) break;
  }
  return overpriced(sets, windows, steps) || worst_overload(sets, windows, steps).has_value();
}

int64_t destructive_bound(const Problem& problem, const LaneSets& sets, Limits limits,
                          Level level, int64_t low, int64_t high, int64_t& steps) {
  if (level == Level::kControlJitter || level == Level::kActiveLanes || level == Level::kBusy)
    return low;       // they say nothing about windows
  const int64_t own = limits[level];
  int64_t stride = std::max<int64_t>(1, (high - low) / 16);   // bounds tend to be near `low`
  while (low < high && steps > 0) {
    const int64_t middle = low + std::min(stride, (high - low + 1) / 2) - 1;
    limits[level] = std::min(own, middle);
    Windows windows = windows_within(problem, limits);
    if (refuted(sets, windows, steps)) {
      low = middle + 1;
      stride *= 2;
    } else {
      high = middle;
      stride = std::max<int64_t>(1, (high - low + 1) / 2);
    }
  }
  return low;
}

}  // namespace takt
