#include "run/ticks.h"

namespace takt {
namespace {

double measure_ticks_per_ns() {
  const Nanos start = monotonic_now();
  const uint64_t first = ticks();
  Nanos now = start;
  while (now - start < millis(1)) now = monotonic_now();
  return double(ticks() - first) / double((now - start).ns);
}

}  // namespace

uint64_t ticks_in(Nanos duration) {
  static const double ticks_per_ns = measure_ticks_per_ns();
  return uint64_t(double(duration.ns) * ticks_per_ns);
}

}  // namespace takt
