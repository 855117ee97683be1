// pin_tasks: partitioned scheduling without a plan (sim_input.h).
#include <algorithm>

#include "sim/sim_input.h"

namespace takt {
namespace {

// Time of one window on one core of the pool, and whether the task can run there.
bool work_on(const SimInput& input, const SimTask& task, uint32_t pool, Nanos* work) {
  *work = Nanos(0);
  for (const uint32_t job : task.jobs)
    for (uint32_t i = 0; i < input.jobs[job].op_count; ++i) {
      const Nanos duration = input.duration(input.jobs[job].first_op + i, pool, 1);
      if (duration == Nanos(0)) return false;
      *work += duration;
    }
  return true;
}

}  // namespace

void pin_tasks(SimInput& input) {
  struct Greed {
    Nanos work;        // on the lane that is best for it
    uint32_t task;
  };
  std::vector<Greed> order;
  for (uint32_t t = 0; t < input.tasks.size(); ++t) {
    if (input.tasks[t].on_demand) continue;
    Nanos least = Nanos::max(), work;
    for (uint32_t p = 0; p < input.pools.size(); ++p)
      if (input.pools[p].cores && work_on(input, input.tasks[t], p, &work))
        least = std::min(least, work);
    if (least != Nanos::max()) order.push_back({least, t});
  }
  std::sort(order.begin(), order.end(), [](const Greed& a, const Greed& b) {
    return a.work != b.work ? a.work > b.work : a.task < b.task;
  });
  std::vector<Nanos> load(input.lane_names.size());
  for (const Greed& greed : order) {
    uint32_t best = SimOp::kNone;
    Nanos best_load = Nanos::max();
    input.cores.for_each([&](uint32_t lane) {
      Nanos work;
      if (!work_on(input, input.tasks[greed.task], input.pool_of[lane], &work)) return;
      if (load[lane] + work < best_load) {
        best = lane;
        best_load = load[lane] + work;
      }
    });
    input.tasks[greed.task].pin = LaneMask::of(best);
    load[best] = best_load;
  }
}

}  // namespace takt
