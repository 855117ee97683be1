// cotenant: another program takes its share of a lane in whole slices, as a fair scheduler hands
// them out: one slice of every slice * 100 / share, from a random moment on.
#include "sim/disturbance.h"

namespace takt {

// Linux gives a competing thread 3 to 4 ms at a time (EEVDF base slice on 2 to 8 cores).
constexpr Nanos kSlice = millis(3);

void add_cotenant(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                  Disturbances& out) {
  const uint32_t lane = text.lane(input, false);
  const uint32_t share = text.percent("share", 30, 99);
  const Nanos slice = std::max(text.time("slice", kSlice), Nanos(1));
  const Nanos period = slice * 100 / share;
  for (Nanos at(rng.between(0, period.ns)); at < end; at += period) {
    out.timeline.push_back({at, Disturbance::Kind::kStop, lane});
    out.timeline.push_back({at + slice, Disturbance::Kind::kGo, lane});
  }
}

}  // namespace takt
