// The simulator: a plan (or none), a SoC and a seed -> a Trace, in virtual time, decided by the
// same policies as the executor's. A free lane gathers what it could start and asks the policy
// (src/run/lane_loop.cpp does the same); everything else are discrete events.
//
// Invariants: 1. Nothing in it depends on anything but its arguments: one seed, one trace, bit
// for bit. 2. An operation starts when its inputs are done and its job is released, once, and a
// lane runs one at a time, whatever the policy says. 3. Every released job ends: done (by its
// deadline), missed (late, or unfinished when nothing can happen any more or the grace is over)
// or shed. 4. The event loop allocates nothing but trace events.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "dispatch/accelerator.h"
#include "dispatch/planner.h"
#include "dispatch/policy.h"
#include "model/trace_event.h"
#include "sim/jitter.h"
#include "sim/sim_input.h"

namespace takt {

struct SimOptions {
  const Policy* policy = nullptr;
  uint64_t seed = 1;
  int64_t windows = 1;                   // a window that does not repeat runs once
  Jitter jitter;
  std::vector<std::string> disturbances; // see disturbance.h
  // How long unfinished jobs may go on after the last window; what is then left is missed.
  Nanos grace = seconds(1);
  // False: policies are told only what the executor tells them (src/run/candidates.cpp), which
  // knows neither when busy lanes will be free nor what is left of a job: for replays of its runs.
  bool informed = true;
  bool trace = true;                     // operations too; else releases and job ends only
  // Where events go instead of the trace, as they happen (job ends, decisions; operations if
  // `trace`): a run of days needs no more memory than one of a window.
  std::function<void(const TraceEvent&)> sink;
  // Makes plans of windows while the mission runs; null: the input's is for good. Its work is
  // SimInputOptions::planner_slices. REQUIRES: the input has them
  Planner* planner = nullptr;
};

struct SimAccelerator {
  uint32_t lane = 0;
  AcceleratorStatistics statistics;
};

struct SimResult {
  Trace trace;                           // sorted by begin
  uint64_t operations = 0;               // that were finished
  uint64_t questions = 0;                // to the policy
  uint64_t replans_asked = 0;            // by policies and Reaction
  uint64_t replans = 0;                  // that triggers led to
  uint64_t plans = 0, plans_late = 0;    // of windows; those that came after its beginning
  Nanos end;                             // of the last event
  std::vector<Nanos> busy;               // per lane
  std::vector<SimAccelerator> accelerators;
  uint64_t digest = 0;                   // of everything that happened, in order
};

// kUsage: a disturbance that is not one, or names what the input does not have.
Result<SimResult> simulate(const SimInput& input, const SimOptions& options);

}  // namespace takt
