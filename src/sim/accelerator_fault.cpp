// npu-fault: an accelerator drops what it runs and is out until it has been reset; at random
// intervals, or once. npu-hang: what it runs never ends, and the time-out has to notice.
#include "sim/disturbance.h"

namespace takt {
namespace {

void add_fault(uint32_t lane, Nanos at, Nanos length, Disturbances& out) {
  out.timeline.push_back(
      {.at = at, .kind = Disturbance::Kind::kFail, .lane = lane, .length = length});
  if (length != Nanos::max())
    out.timeline.push_back({at + length, Disturbance::Kind::kRepair, lane});
}

}  // namespace

void add_accelerator_faults(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                            Disturbances& out) {
  const uint32_t lane = text.lane(input, true);
  const Nanos every = text.time("every", Nanos(0)), once = text.time("at", Nanos(0));
  if (every == Nanos(0)) {
    const Nanos length = text.time("for", Nanos(0));
    return add_fault(lane, once, length > Nanos(0) ? length : Nanos::max(), out);
  }
  const Nanos reset = text.needed_time("for");
  for (Nanos at = once + random_interval(rng, every); at < end;
       at += reset + random_interval(rng, every))
    add_fault(lane, at, reset, out);
}

void add_accelerator_hangs(DisturbanceText& text, const SimInput& input, Nanos end, Rng& rng,
                           Disturbances& out) {
  const uint32_t lane = text.lane(input, true);
  const Nanos every = text.time("every", Nanos(0)), once = text.time("at", Nanos(0));
  if (every == Nanos(0))
    return out.timeline.push_back({once, Disturbance::Kind::kHang, lane});
  for (Nanos at = once + random_interval(rng, every); at < end; at += random_interval(rng, every))
    out.timeline.push_back({at, Disturbance::Kind::kHang, lane});
}

}  // namespace takt
