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

double ticks_per_ns() {
  static const double measured = measure_ticks_per_ns();
  return measured;
}

}  // namespace

uint64_t ticks_in(Nanos duration) { return uint64_t(double(duration.ns) * ticks_per_ns()); }

Nanos nanos_of(uint64_t duration_ticks) {
  return Nanos(int64_t(double(duration_ticks) / ticks_per_ns()));
}

}  // namespace takt
