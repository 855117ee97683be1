#include "solve/schedule.h"

#include <algorithm>

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

Score score_of(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  Score score;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Nanos end = schedule.end(problem, op);
    score.makespan = std::max(score.makespan, end);
    score.busy += schedule.mode_of(problem, op).area();
    if (end > instance.horizon) score.overrun += end - instance.horizon;
  }
  const std::vector<Nanos> done = completions(problem, schedule);
  for (size_t j = 0; j < done.size(); ++j) {
    const Job& job = instance.jobs[j];
    if (job.deadline == Nanos::max()) continue;
    const double allowed = static_cast<double>(std::max(job.deadline - job.release, Nanos(1)).ns);
    score.response_ppm +=
        static_cast<int64_t>(1e6 * static_cast<double>((done[j] - job.release).ns) / allowed);
    if (done[j] <= job.deadline) continue;
    switch (instance.tasks[job.task.value()].criticality) {
      case Criticality::kHard: ++score.hard_misses; break;
      case Criticality::kFirm: ++score.firm_misses; break;
      case Criticality::kSoft: score.soft_tardiness += done[j] - job.deadline; break;
      case Criticality::kBestEffort: break;
    }
  }
  return score;
}

}  // namespace takt
