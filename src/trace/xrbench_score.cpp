// Of the jobs and operations in a trace: what was in time, and what it took.
#include "trace/xrbench_score.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace takt {
namespace {

double realtime_score(double delay_ms) { return 1 / (1 + std::exp(15 * delay_ms)); }
double energy_score(double millijoules) { return (1500 - millijoules) / 1500; }

}  // namespace

double lane_watts(const Lane& lane) {
  if (lane.kind == Lane::Kind::kAccelerator) return 1.5;
  return lane.lane_class == "core.little" ? 0.3 : 1.0;
}

double frame_score(double delay_ms, double millijoules) {
  return realtime_score(delay_ms) * energy_score(millijoules);
}

std::vector<ModelScore> model_scores(const Workload& workload, const Soc& soc,
                                     const Trace& trace) {
  std::vector<ModelScore> models(workload.tasks.size());
  std::map<std::pair<uint32_t, uint64_t>, double> millijoules;   // of a job
  for (const TraceEvent& e : trace.events)
    if (e.kind == TraceEvent::Kind::kOp)
      millijoules[{e.task, e.job}] += (e.end - e.begin).ms() * lane_watts(soc.lanes[e.lane]);
  for (const TraceEvent& e : trace.events) {
    if (e.kind != TraceEvent::Kind::kJobEnd) continue;
    ModelScore& model = models[e.task];
    ++model.frames;
    const JobOutcome outcome{static_cast<uint8_t>(e.value)};
    const bool aborted = outcome == JobOutcome::kMissed &&
                         workload.tasks[e.task].overrun_policy() == Overrun::kAbort;
    if (outcome == JobOutcome::kShed || aborted) {
      ++model.dropped;
      continue;
    }
    const double delay_ms = (e.end - (e.begin + workload.tasks[e.task].deadline)).ms();
    const double used = millijoules[{e.task, e.job}];
    model.realtime += realtime_score(delay_ms);
    model.energy += energy_score(used);
    model.score += frame_score(delay_ms, used);
  }
  for (ModelScore& model : models) {
    if (model.frames == 0) continue;
    const int completed = model.frames - model.dropped;
    model.realtime /= std::max(completed, 1);
    model.energy /= std::max(completed, 1);
    model.score *= double(completed) / model.frames / model.frames;
  }
  return models;
}

double overall_score(const std::vector<ModelScore>& models) {
  double sum = 0;
  int count = 0;
  for (const ModelScore& model : models) {
    if (model.frames == 0) continue;
    sum += model.score;
    ++count;
  }
  return count == 0 ? 0 : 100 * sum / count;
}

}  // namespace takt
