// late-input: the data of some jobs of a task (a camera frame, a network message) arrive after
// the release; the deadline does not move.
#include "sim/disturbance.h"

namespace takt {

void add_late_inputs(DisturbanceText& text, const SimInput& input, Nanos, Rng& rng,
                     Disturbances& out) {
  const uint32_t task = text.task(input);
  const Nanos most = text.needed_time("max");
  out.late.push_back({task, text.percent("chance", 100) * 10'000, most, rng.next()});
}

}  // namespace takt
