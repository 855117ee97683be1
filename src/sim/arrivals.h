// Which of the jobs planned for a sporadic or event-driven task come, and when: a pure function
// of the seed, so that every policy meets the same ones.
//
// A sporadic task with arrival_pct below 100 has each of its jobs with that chance, up to a
// separation later than planned, and never two closer than the separation; at 100 it comes as
// densely as it may. An event-driven job comes with the job that triggers it, with its chance.
#pragma once

#include <cstdint>

#include "base/nanos.h"
#include "sim/sim_input.h"

namespace takt {

class Arrivals {
 public:
  Arrivals(const SimInput& input, uint64_t seed) : input_(input), seed_(seed) {}

  bool comes(uint32_t task, uint64_t number) const;
  // Of its release against the planned one. REQUIRES: comes(task, number)
  Nanos delay(uint32_t task, uint64_t number) const;

 private:
  bool drawn(uint32_t task, uint64_t number) const;
  uint64_t key_of(uint32_t task, uint64_t number) const;

  const SimInput& input_;
  uint64_t seed_;
};

}  // namespace takt
