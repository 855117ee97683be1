// stall: a lane loses its cpu now and then (an interrupt storm, a higher-priority thread): at
// exponential intervals, for half to one and a half times the mean.
#include "sim/disturbance.h"

namespace takt {

void add_stalls(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                Disturbances& out) {
  const uint32_t lane = text.lane(input, false);
  const Nanos every = text.needed_time("every"), mean = text.needed_time("for");
  for (Nanos at = random_interval(rng, every); at < end; at += random_interval(rng, every)) {
    const Nanos length = mean / 2 + Nanos(rng.between(0, mean.ns));
    out.timeline.push_back({at, Disturbance::Kind::kStop, lane});
    at += length;
    out.timeline.push_back({at, Disturbance::Kind::kGo, lane});
  }
}

}  // namespace takt
