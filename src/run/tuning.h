// Every number that tunes the executor, with the measurement behind it (run_bench and
// the chain bench of docs/executor.md; 2-core x86-64 VM, Linux 6.x).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/nanos.h"

namespace takt::tuning {

// A futex wake costs the waker 8-11 us here (IPI to a halted virtual cpu) and the woken
// lane runs 30-60 us later. Ski rental: wake help only after the drain has lasted this long.
inline constexpr Nanos kWakeCost = micros(20);

// A program known to take less than this gets no help: the helper would arrive when it is
// nearly over (a 27 us network took 37 us with a wake after 20 us).
inline constexpr Nanos kWorthHelp = micros(70);

// A thread that submits runs its own work this long before it hands over to a worker
// (wake + notification, about 100 us: 1 % of this bound).
inline constexpr Nanos kInlineBudget = millis(10);

// A lane without work spins this long while something is in flight. Longer than the gap
// between two waves of the example networks; shorter than a scheduler slice.
inline constexpr Nanos kSpinInFlight = micros(500);

// Of that a worker looks only at its mailbox for this long between two looks at everything;
// once in so many turns (2 ns each) it pauses and looks at the clock (40-60 ns together: with 16
// turns that was a quarter of a launch).
inline constexpr Nanos kMailSpin = micros(2);
inline constexpr uint32_t kMailTurns = 256;

// ... and this long when nothing is in flight: about one wake, so that back-to-back
// calls find their lanes awake.
inline constexpr Nanos kSpinIdle = micros(30);

// A spin that lasts longer than this yields the cpu: where threads outnumber cpus the one
// waited for may need it. (Random programs under "pinned" on a loaded machine: 15x faster.)
inline constexpr Nanos kSpinYield = micros(50);

// A lane wakes this much before a timed start and spins the rest (timer slack 50 us plus
// 10-40 us to get on the cpu).
inline constexpr Nanos kWakeMargin = micros(100);

// A lane that follows a tape waits this long for another lane's progress before it looks for
// anything else: a few cache-line trips (65-285 ns), far below what a policy's answer costs.
inline constexpr Nanos kTapeSpin = micros(2);
// Looks at that progress between two looks at the clock (rdtsc 16-30 ns).
inline constexpr uint32_t kTapePauses = 16;

// While others are in flight a lane goes back to the policy after this much of one
// operation at most, so that urgent work waits for a tile, not for an operation.
inline constexpr Nanos kChunk = micros(100);

// A chunk of tiles that took less than this is followed by one twice as large. A claim costs
// 10-80 ns (line shared by two lanes): about 1 % of this.
inline constexpr Nanos kChunkGrow = micros(4);

// A lane that may take any ready item of one tile takes several at once, more as long as
// such a batch takes less than this: what they cost together (claims, counters, publication:
// 3 to 5 cache-line trips of 65-285 ns) is then a few per cent. And it bounds what a lane
// without work waits while another has some.
inline constexpr Nanos kBatch = micros(4);
inline constexpr uint32_t kBatchItems = 32;

// Whoever waits for an accelerator whose user takes longer than it said looks again after this: a
// few per cent of a kernel that is worth an accelerator (some 100 us), and 20 looks of a lane.
inline constexpr Nanos kAcceleratorLate = micros(20);

// With several submissions in flight a lane keeps what it has told the policy for this long, and
// looks anew only at the submission of which it ran an item, as long as nothing is published: what
// other lanes make ready it sees so much later. Empty items of 60 submissions, one lane (run_bench
// many_in_flight): 2090 cycles an item without, 570 with it.
inline constexpr Nanos kView = micros(8);

// What an item of unknown duration counts for where lanes are told apart by their load: then
// equally many go to each.
inline constexpr Nanos kUnknownWork = micros(10);

// What an executor warns of is kept up to here: some 40 reports of the watch, which an endless run
// on a loaded machine has every few seconds. The first say what is wrong.
inline constexpr size_t kWarningBytes = 4096;

// Candidates offered to the policy per submission and in all.
inline constexpr uint32_t kCandidatesPerSubmission = 16;
inline constexpr uint32_t kCandidates = 96;

}  // namespace takt::tuning
