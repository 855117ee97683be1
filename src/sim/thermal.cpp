// thermal: a cluster steps to a lower speed level for a while.
#include "sim/disturbance.h"

namespace takt {

void add_thermal(DisturbanceText& text, const SimInput& input, Nanos, Rng&, Disturbances& out) {
  const uint32_t pool = text.cluster(input);
  const uint32_t percent = text.percent("pct", 50, 1000);
  const Nanos at = text.time("at", Nanos(0)), length = text.time("for", Nanos(0));
  out.timeline.push_back({at, Disturbance::Kind::kSpeed, 0, pool, percent});
  if (length > Nanos(0))
    out.timeline.push_back({at + length, Disturbance::Kind::kSpeed, 0, pool, 100});
}

}  // namespace takt
