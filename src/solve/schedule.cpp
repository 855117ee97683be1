#include "solve/schedule.h"

#include <algorithm>

#include "base/int128.h"

namespace takt {

std::vector<Nanos> completions(const Problem& problem, const Schedule& schedule) {
  std::vector<Nanos> done(problem.instance().jobs.size());
  for (size_t j = 0; j < done.size(); ++j) done[j] = problem.instance().jobs[j].release;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (problem.is_submit(op)) continue;
    Nanos& latest = done[problem.job_of(op)];
    latest = std::max(latest, schedule.end(problem, op));
  }
  return done;
}

namespace {

int64_t ppm_up(Nanos part, Nanos whole) {
  return static_cast<int64_t>((Int128{part.ns} * 1'000'000 + whole.ns - 1) / whole.ns);
}

void add_lateness(const InstanceTask& task, Nanos late, Score& score) {
  const int64_t weighted = late.ns * task.weight;
  switch (task.criticality) {
    case Criticality::kHard:
      ++score[Level::kHardMisses];
      score[Level::kHardTardiness] += weighted;
      break;
    case Criticality::kFirm: ++score[Level::kFirmMisses]; break;
    case Criticality::kSoft: score[Level::kSoftTardiness] += weighted; break;
    case Criticality::kBestEffort: break;
  }
}

void add_jitter(const Instance& instance, const std::vector<Nanos>& done, Score& score) {
  const size_t tasks = instance.tasks.size();
  std::vector<Nanos> least(tasks, Nanos::max()), most(tasks, Nanos::min());
  for (size_t j = 0; j < done.size(); ++j) {
    const size_t task = instance.jobs[j].task.value();
    const Nanos response = done[j] - instance.jobs[j].release;
    least[task] = std::min(least[task], response);
    most[task] = std::max(most[task], response);
  }
  for (size_t t = 0; t < tasks; ++t)
    if (instance.tasks[t].jitter_max != Nanos::max() && least[t] <= most[t])
      score[Level::kControlJitter] +=
          std::max(most[t] - least[t] - instance.tasks[t].jitter_max, Nanos(0)).ns;
}

}  // namespace

Score score_of(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  Score score;
  std::vector<char> active(problem.lane_count(), 0);
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos end = schedule.end(problem, op);
    score[Level::kMakespan] = std::max(score[Level::kMakespan], end.ns);
    score[Level::kBusy] += schedule.mode_of(problem, op).area().ns;
    for (const uint32_t lane : schedule.lanes_of(problem, op)) active[lane] = 1;
    if (end > instance.horizon) score.overrun += end - instance.horizon;
  }
  for (const char lane : active) score[Level::kActiveLanes] += lane;
  const std::vector<Nanos> done = completions(problem, schedule);
  for (size_t j = 0; j < done.size(); ++j) {
    const Job& job = instance.jobs[j];
    if (job.deadline == Nanos::max()) continue;
    score.response_ppm += ppm_up(done[j] - job.release,
                                 std::max(job.deadline - job.release, Nanos(1)));
    if (done[j] > job.deadline)
      add_lateness(instance.tasks[job.task.value()], done[j] - job.deadline, score);
  }
  for (const InstanceChain& chain : instance.chains)
    for (const ChainRun& run : chain.runs)
      score[Level::kChainLatency] = std::max(
          score[Level::kChainLatency],
          ppm_up(done[run.last.value()] - instance.jobs[run.first.value()].release,
                 chain.deadline));
  add_jitter(instance, done, score);
  return score;
}

}  // namespace takt
