// npu-fault: an accelerator drops what it runs and is out until it has been reset; at random
// intervals, or once.
#include "sim/disturbance.h"

namespace takt {

void add_accelerator_faults(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                            Disturbances& out) {
  const uint32_t lane = text.lane(input, true);
  const Nanos every = text.time("every", Nanos(0)), once = text.time("at", Nanos(0));
  if (every == Nanos(0)) {
    const Nanos length = text.time("for", Nanos(0));
    out.timeline.push_back({once, Disturbance::Kind::kFail, lane});
    if (length > Nanos(0))
      out.timeline.push_back({once + length, Disturbance::Kind::kRepair, lane});
    return;
  }
  const Nanos reset = text.needed_time("for");
  for (Nanos at = once + random_interval(rng, every); at < end;
       at += random_interval(rng, every)) {
    out.timeline.push_back({at, Disturbance::Kind::kFail, lane});
    at += reset;
    out.timeline.push_back({at, Disturbance::Kind::kRepair, lane});
  }
}

}  // namespace takt
