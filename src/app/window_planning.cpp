#include "app/window_planning.h"

#include "base/clock.h"

namespace takt {

bool WindowPlanning::begin(const Conditions& conditions, const WindowState& state, Nanos from,
                           Nanos to) {
  const Nanos before = thread_cpu_now();
  planner_.begin(conditions, state, from, to);
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
