// Objective: the levels a plan is judged by, most important first. A plan is better than
// another if it is better on the first level on which they differ by more than the level's
// tolerance allows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/instance.h"

namespace takt {

// All values are integers, 0 or more; less is better. A job is complete when its last graph
// operation ends (its submit does not count), late when that is after its deadline.
enum class Level {
  kHardMisses,       // late hard jobs
  kHardTardiness,    // lateness of late hard jobs, summed, times the task's weight, ns
  kFirmMisses,       // late firm jobs
  kChainLatency,     // worst (completion(last) - release(first)) / deadline of a chain run, ppm,
                     // rounded up
  kControlJitter,    // over tasks with a jitter_max: spread of (completion - release) over its
                     // jobs, as far as it exceeds jitter_max, summed, ns
  kSoftTardiness,    // as kHardTardiness, of soft jobs
  kMakespan,         // end of the last operation, ns
  kActiveLanes,      // lanes that run at least one operation
  kBusy,             // lane time used, summed over lanes, ns
};
inline constexpr Level kLevels[] = {
    Level::kHardMisses,    Level::kHardTardiness, Level::kFirmMisses,
    Level::kChainLatency,  Level::kControlJitter, Level::kSoftTardiness,
    Level::kMakespan,      Level::kActiveLanes,   Level::kBusy};
inline constexpr size_t kLevelCount = std::size(kLevels);
// "hard_misses", "hard_tardiness", ... as in plan.json and on the command line.
std::string_view name_of(Level level);

// What a level may lose, after it was optimised, for the sake of those below it: the greater
// of an absolute amount and a part of its value.
struct LevelSpec {
  Level level = Level::kMakespan;
  int64_t tolerance = 0;
  int64_t tolerance_ppm = 0;

  // The worst value that counts as good as `value`.
  int64_t allowed(int64_t value) const;
  bool operator==(const LevelSpec&) const = default;
};
using Objective = std::vector<LevelSpec>;

// The levels that say something about this instance, in the order of the enum: misses and
// tardiness where jobs of that criticality have deadlines, chain latency where there are
// chains, jitter where it is asked for, and makespan last.
Objective default_objective(const Instance& instance);

// "hard_misses,chain_latency:1%,makespan:2us": names with an optional tolerance each, an
// integer in the level's unit, a time where that is ns, or a percentage. kUsage: an unknown or
// repeated name, and which names there are.
Result<Objective> parse_objective(std::string_view text);
std::string text_of(const Objective& objective);

}  // namespace takt
