// mode: the mission changes between all its tasks and all but one.
#include "sim/disturbance.h"

namespace takt {

void add_mode_changes(DisturbanceText& text, const SimInput& input, Nanos end, Rng&,
                      Disturbances& out) {
  const uint32_t task = text.task(input);
  const Nanos every = text.needed_time("every");
  if (every <= Nanos(1)) return;       // noted as wrong
  out.modes.push_back({task, every});
  for (int64_t k = 1; every * k < end; ++k)
    out.timeline.push_back(
        {.at = every * k, .kind = Disturbance::Kind::kMode, .lane = uint32_t(k % 2)});
}

}  // namespace takt
