// Every number that tunes the policies, with the reason for it.
#pragma once

#include <cstdint>

#include "base/nanos.h"

namespace takt::dispatch_tuning {

// An awake and idle lane takes its own operation within this time unless it has lost its cpu;
// then the others help. Two looks of a spinning lane take below 1 us; a wake 30-60 us.
inline constexpr Nanos kPatience = micros(20);

// keep-asleep wakes one more lane when the awake ones are busy for longer than this: a wake costs
// the waker 8-11 us and the woken lane runs 30-60 us later (run/tuning.h).
inline constexpr Nanos kWorthWaking = micros(200);

// Whoever keeps a lane free for something more critical leaves it 1 / this of its remaining time
// as a margin for durations that turn out longer.
inline constexpr int64_t kMarginShare = 4;

// hybrid takes a lane of the plan for lost when it is idle, yet has not started what was due this
// long ago: 20 patiences, and longer than a wake under load.
inline constexpr Nanos kLaneLost = millis(1);

// A lane lost its cpu when something took this many times as long as expected, and so much longer:
// beyond what durations vary by (lognormal 15 % has one in 10^6 above 2), beyond a cache miss or an
// interrupt.
inline constexpr int64_t kLostCpuFactor = 3;
inline constexpr Nanos kLostCpuLeast = micros(100);

// It is then unsteady for so long: stalls come tens of ms apart. bench policies' faults in the
// simulator, 8 loads, 1 s each, hard misses under hybrid: 218 without, 16 with.
inline constexpr Nanos kUnsteady = seconds(1);

// Hard work waits for a steady lane for at most 1 / this of its slack: jobs are chains, and each of
// their operations may wait. bench policies under faults, stalls of 75 to 225 us on every core,
// hard misses of hybrid / jobshop at 120 %: 33 / 37 when it waited up to its latest start.
inline constexpr int64_t kSteadyShare = 16;

// hybrid-save leaves what is planned for other lanes to them until 1 / this of its slack is gone.
// bench policies --quick, simulator, hard misses of 9 cells: 567 up to the latest start, 0 with 4.
inline constexpr int64_t kSavedShare = 4;

// batch lets an operation of the lane's last kernel overtake submissions that are at most this
// much older, so that a stream of one kernel cannot starve another.
inline constexpr uint64_t kBatchWindow = 8;

// ChangePoint: clip of a standardised deviation, allowance and limit of its CUSUM. With 4 million
// normal samples: no alarm; one in 4 million samples with 10 % of wild outliers, one in 42'000 with
// 20 % (the median then leaves 6 of 190). A shift of 1.5 spreads is found after 23 samples, a large
// one after 11. Allowance 0.5 finds it after 14, with an alarm in 5900 at 10 % of outliers.
inline constexpr double kCusumClip = 1.5;
inline constexpr double kCusumAllowance = 0.75;
inline constexpr double kCusumLimit = 8;

// Between batches of a cost's history the samples are medians of dozens: three that agree are
// enough (each adds at most clip - allowance).
inline constexpr double kCusumLimitOfMedians = 2;

}  // namespace takt::dispatch_tuning
