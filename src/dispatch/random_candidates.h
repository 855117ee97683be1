// Random questions to a policy, for tests: every field takes its odd values too.
#pragma once

#include "base/rng.h"
#include "dispatch/policy.h"

namespace takt {

inline Nanos random_time(Rng& rng) {
  return rng.below(10) ? micros(int64_t(rng.below(150))) : Nanos::max();
}

inline Candidate random_candidate(Rng& rng, uint64_t submission) {
  Candidate c;
  c.submission = submission;
  c.op = uint32_t(rng.below(4));
  c.kernel = uint32_t(rng.below(3));
  c.open_tiles = 1 + uint32_t(rng.below(8));
  c.lanes_on = uint32_t(rng.below(3));
  c.ready = rng.below(4) > 0;
  c.placed = rng.below(2);
  c.planned = rng.below(2);
  c.bound = c.planned && rng.below(2);
  c.owner_idle = rng.below(2);
  c.owner_free_at = random_time(rng);
  c.owner_duration = micros(int64_t(rng.below(50)));
  c.absolute = rng.below(2);
  c.planned_unit = Unit(rng.below(2));
  c.on_core = rng.below(4) > 0;
  c.accelerator_duration = rng.below(2) ? micros(int64_t(rng.below(40))) : Nanos(0);
  c.accelerator_free = rng.below(2);
  c.accelerator_free_at = c.accelerator_free ? Nanos::max() : random_time(rng);
  c.release = rng.below(2) ? Nanos::min() : micros(int64_t(rng.below(150)));
  if (c.planned && rng.below(4)) c.start = micros(int64_t(rng.below(150)));
  c.duration = micros(int64_t(rng.below(60)) - 5);   // below 0: unknown
  if (rng.below(2)) c.slack = micros(int64_t(rng.below(100)) - 30);
  c.deadline = random_time(rng);
  c.remaining = micros(int64_t(rng.below(80)));
  c.criticality = Criticality(rng.below(4));
  c.priority = int(rng.below(3));
  return c;
}

inline LaneView random_lane(Rng& rng) {
  LaneView lane{uint32_t(rng.below(4)), 4, micros(int64_t(rng.below(400)))};
  lane.last_kernel = uint32_t(rng.below(3));
  lane.last_submission = rng.below(10);
  lane.others_idle = uint32_t(rng.below(4));
  lane.unsteady = rng.below(2);
  lane.others_steady = uint32_t(rng.below(lane.others_idle + 1));
  lane.steady_free_at = random_time(rng);
  lane.others_free_at = random_time(rng);
  return lane;
}

}  // namespace takt
