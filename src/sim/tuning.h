// Every number that bounds or quantises the simulator. Where the executor has the same number
// (src/run/tuning.h) they are equal, so that both offer a policy the same questions.
#pragma once

#include <cstdint>

#include "base/nanos.h"

namespace takt::sim_tuning {

// A lane on a divisible operation asks again after this much of it, at the next tile.
inline constexpr Nanos kChunk = micros(100);

// Candidates offered per job and in all.
inline constexpr uint32_t kCandidatesPerJob = 16;
inline constexpr uint32_t kCandidates = 96;

// A lane that has been idle for longer is taken to sleep.
inline constexpr Nanos kSpin = micros(500);

// Every lane that runs says so this often: twice in the time after which Reaction takes it for
// lost (ReactionOptions::heartbeat_gap).
inline constexpr Nanos kBeat = millis(10);

// A lane that was refused something ready asks again after as long as it has been idle, within
// these bounds: the executor's lanes ask all the time, and a policy may be waiting for its
// patience (20 us under hybrid) to run out.
inline constexpr Nanos kAskAgainMin = micros(25);
inline constexpr Nanos kAskAgainMax = millis(1);

}  // namespace takt::sim_tuning
