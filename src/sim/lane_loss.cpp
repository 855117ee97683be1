// lane-loss: a core is taken away (hot-unplugged, isolated, handed to somebody else), and
// perhaps given back.
#include "sim/disturbance.h"

namespace takt {

void add_lane_loss(DisturbanceText& text, const SimInput& input, Nanos, Rng&, Disturbances& out) {
  const uint32_t lane = text.lane(input, false);
  const Nanos at = text.time("at", Nanos(0)), length = text.time("for", Nanos(0));
  out.timeline.push_back({at, Disturbance::Kind::kLose, lane});
  if (length > Nanos(0))
    out.timeline.push_back({at + length, Disturbance::Kind::kReturn, lane});
}

}  // namespace takt
