#include "bench/xrbench_bound.h"

#include <algorithm>
#include <vector>

#include "trace/xrbench_score.h"

namespace takt::bench {
namespace {

double millijoules(const Instance& instance, const Soc& soc, const Mode& mode) {
  double all = 0;
  for (const Demand& demand : mode.demands) {
    const LaneId lane = instance.pools[demand.pool.value()].lanes.front();
    all += mode.duration.ms() * demand.count * lane_watts(soc.lanes[lane.value()]);
  }
  return all;
}

// Lanes share an operation, those of several pools too: their rates add up.
double fastest_ms(const Instance& instance, const Operation& op) {
  std::vector<double> alone(instance.pools.size(), 0);   // per pool; 0: not there
  double accelerated = 0;
  for (const Mode& mode : op.modes) {
    double& least = mode.demands.size() > 1 ? accelerated
                                            : alone[mode.demands.front().pool.value()];
    if (least == 0 || mode.duration.ms() < least) least = mode.duration.ms();
  }
  double rate = 0;
  for (const double ms : alone)
    if (ms > 0) rate += 1 / ms;
  const double shared = rate > 0 ? 1 / rate : accelerated;
  return accelerated > 0 ? std::min(accelerated, shared) : shared;
}

}  // namespace

double score_bound(const Instance& instance, const Soc& soc) {
  std::vector<ModelScore> models(instance.tasks.size());
  for (const Job& job : instance.jobs) {
    ModelScore& model = models[job.task.value()];
    if (model.frames > 0) continue;   // frames of a model are alike
    double took_ms = 0, energy = 0;
    for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
      const Operation& op = instance.operations[i];
      if (op.kind == Operation::Kind::kSubmit) continue;
      took_ms += fastest_ms(instance, op);
      double least = millijoules(instance, soc, op.modes.front());
      for (const Mode& mode : op.modes)
        least = std::min(least, millijoules(instance, soc, mode));
      energy += least;
    }
    model.frames = 1;
    model.score = frame_score(took_ms - (job.deadline - job.release).ms(), energy);
  }
  return overall_score(models);
}

}  // namespace takt::bench
