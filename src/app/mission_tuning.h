// Every number that tunes missions, with the measurement behind it (2-core x86-64 VM, Linux 6.x).
#pragma once

#include <cstddef>

#include "base/nanos.h"

namespace takt::mission_tuning {

// A window is opened so long before it begins: its first jobs are submitted in it, one after
// another (15-40 us each on a 2-core VM), and the work that does it may wait for a tile.
inline constexpr Nanos kWindowMargin = millis(1);

// The thread that called run() drains what the lanes record this often; a ring holds what happens
// in 10 s. It has ordinary priority: with 20 other runnable threads on 2 cpus it came up to 100 ms
// late. What was released in a window is known for good so long after it.
inline constexpr Nanos kDrainPeriod = millis(100);
inline constexpr Nanos kDrainedBy = millis(300);
// Windows ahead of those that are known for good: 300 ms of the shortest windows (100 us), and
// what is submitted ahead.
inline constexpr size_t kOfferedWindowsMax = 4096;

// What a run measured goes into the database this often: what a run that is killed loses. A commit
// of 100 costs takes 5 to 30 ms of a thread of ordinary priority.
inline constexpr Nanos kLearnPeriod = seconds(5);

}  // namespace takt::mission_tuning
