// One mission of `takt bench windows`: a case under a policy and a disturbance for minutes of robot
// time, counted as it goes (nothing is kept per job); and what a clairvoyant could have done.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "app/simulation.h"
#include "base/result.h"
#include "dispatch/policy.h"

namespace takt::bench {

// Something that happens now and then to the whole machine.
struct Upset {
  std::string name;
  std::string jitter = "none";
  std::vector<std::string> faults;     // of the simulator
  std::vector<Nanos> onsets;           // when they begin or end, ascending
  // What the machine is in [begin, end), as a clairvoyant knows it; elsewhere as planned.
  struct Spell {
    Nanos begin, end;
    Conditions conditions;
    int64_t firm_needed = 0;           // firm misses of a hyperperiod's clairvoyant plan
  };
  std::vector<Spell> spells;           // ascending, apart
};

// In `time` of robot time. Names are those of the robot instances.
std::vector<Upset> upsets(const SimCase& which, Nanos time);

struct WindowsRun {
  int64_t hard_misses = 0, firm_misses = 0, soft_misses = 0, lost = 0;
  std::set<int64_t> bad_windows;       // hyperperiods with a hard miss, the first kBadMost
  // Longest row of windows that begins with an onset and in which hard jobs, or more firm ones
  // than need be, miss.
  int64_t recovery_windows = 0;
  uint64_t replans = 0, plans = 0, plans_late = 0;
  Nanos planner_p99;                   // of the thread time of a new plan; 0: none
};
inline constexpr size_t kBadMost = 2000;

struct RunOptions {
  const Policy* policy = nullptr;
  bool replans = false;
  uint64_t seed = 1;
  int64_t windows = 1;
};

// kFailed: as simulate().
Result<WindowsRun> run_windows(const SimCase& which, const Upset& upset,
                               const RunOptions& options);

// Of a plan made with the durations, speeds and lanes that really are in that hyperperiod, alone:
// nothing is left over from before.
Score clairvoyant(const SimCase& which, const Upset& upset, uint64_t seed, int64_t window);

}  // namespace takt::bench
