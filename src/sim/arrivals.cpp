#include "sim/arrivals.h"

#include <algorithm>

#include "base/rng.h"

namespace takt {

uint64_t Arrivals::key_of(uint32_t task, uint64_t number) const {
  return Rng(seed_ ^ (uint64_t{task} + 1) * 0xa0761d6478bd642full).next() ^
         number * 0xe7037ed1a0b428dbull;
}

bool Arrivals::drawn(uint32_t task, uint64_t number) const {
  const int pct = input_.tasks[task].arrival_pct;
  return pct >= 100 || Rng(key_of(task, number)).below(100) < uint64_t(pct);
}

bool Arrivals::comes(uint32_t task, uint64_t number) const {
  for (;; task = input_.tasks[task].on) {
    if (input_.tasks[task].arrival == Arrival::kPeriodic) return true;
    if (!drawn(task, number)) return false;
    if (input_.tasks[task].arrival == Arrival::kSporadic) return true;
  }
}

Nanos Arrivals::delay(uint32_t task, uint64_t number) const {
  while (input_.tasks[task].arrival == Arrival::kEvent) task = input_.tasks[task].on;
  const SimTask& spec = input_.tasks[task];
  if (spec.arrival == Arrival::kPeriodic || spec.arrival_pct >= 100) return Nanos(0);
  // In a row of jobs none may be less late than the one before it.
  Nanos delay(0);
  for (uint64_t k = number; drawn(task, k); --k) {
    Rng rng(key_of(task, k) ^ 0x589965cc75374cc3ull);
    delay = std::max(delay, Nanos(rng.between(0, spec.separation.ns - 1)));
    if (k == 0) break;
  }
  return delay;
}

}  // namespace takt
