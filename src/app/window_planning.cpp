#include "app/window_planning.h"

#include "app/announced.h"
#include "app/planning.h"
#include "base/clock.h"

namespace takt {

WindowOptions window_options(const Workload& workload, const Instance& base) {
  WindowOptions options;
  options.window = workload.window;
  options.objective = objective_of(workload, base);
  return options;
}

bool WindowPlanning::begin(const Conditions& conditions, const WindowState& state, Nanos from,
                           Nanos to) {
  const Nanos before = thread_cpu_now();
  const Conditions planned_for = with_announced(saver_.without_asleep(conditions), announced_,
                                                Nanos(0), from, to, base_);
  planner_.begin(planned_for, state, from, to);
  if (planner_.done()) return false;
  spent_.push_back(thread_cpu_now() - before);
  return true;
}

bool WindowPlanning::step() {
  const Nanos before = thread_cpu_now();
  planner_.step();
  spent_.back() += thread_cpu_now() - before;
  return !planner_.done();
}

}  // namespace takt
