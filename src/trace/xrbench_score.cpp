// Of the jobs and operations in a trace: what was in time, and what it took.
#include "trace/xrbench_score.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace takt {
namespace {

double watts(const Lane& lane) {
  if (lane.kind == Lane::Kind::kAccelerator) return 1.5;
  return lane.lane_class == "core.little" ? 0.3 : 1.0;
}

}  // namespace

std::vector<ModelScore> model_scores(const Workload& workload, const Soc& soc,
                                     const Trace& trace) {
  std::vector<ModelScore> models(workload.tasks.size());
  std::map<std::pair<uint32_t, uint64_t>, double> millijoules;   // of a job
  for (const TraceEvent& e : trace.events)
    if (e.kind == TraceEvent::Kind::kOp)
      millijoules[{e.task, e.job}] += (e.end - e.begin).ms() * watts(soc.lanes[e.lane]);
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
    const double realtime = 1 / (1 + std::exp(15 * delay_ms));
    const double energy = (1500 - millijoules[{e.task, e.job}]) / 1500;
    model.realtime += realtime;
    model.energy += energy;
    model.score += realtime * energy;
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
