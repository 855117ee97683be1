#include "app/window_simulation.h"

#include <algorithm>

#include "app/announced.h"
#include "app/window_planning.h"
#include "base/quantile.h"

namespace takt {

Result<WindowSimulation> simulate_windows(const SimCase& which, SimOptions options) {
  const Instance& base = which.instance;
  if (base.horizon == Nanos::max())
    return bad_input("--windows: '" + base.name + "' happens once; there are no windows");
  const WindowOptions windows = window_options(*which.workload, base);
  const Plan* const plan = which.plan ? &*which.plan : nullptr;
  WindowPlanning planning(base, plan, windows, speed_changes(*which.workload, base, Nanos(0)),
                          LaneSaver(*which.workload, base, plan));
  options.planner = &planning;
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, *options.policy, planner_slices(windows)));
  WindowSimulation done;
  TAKT_ASSIGN(done.simulated, run_simulation(which, input, options));
  const SimResult& result = done.simulated.result;
  LoopReport& report = done.report;
  report.window = planning.boundary(1);
  report.windows = static_cast<uint64_t>(planning.window_at(base.horizon * options.windows));
  report.late = result.plans_late;
  report.planned = result.plans - result.plans_late;
  report.reused = planning.planner().reused();
  report.replans = result.replans;
  std::vector<Nanos> spent = planning.spent();
  std::sort(spent.begin(), spent.end());
  if (spent.empty()) return done;
  report.planner_p50 = quantile<Nanos>(spent, 500);
  report.planner_p99 = quantile<Nanos>(spent, 990);
  report.planner_max = spent.back();
  return done;
}

}  // namespace takt
