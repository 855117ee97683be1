// WindowInstance: the problem of a window of an endless run (model/window.h) as an Instance like
// any other, and where its operations come from.
//
//  1. Its jobs are those released in [from, to) and the unfinished ones before; of a task that is
//     far behind no more than a hyperperiod's. What is done is not in it.
//  2. What runs is committed, on the lanes it has, until its expected end; and so is what the
//     plan in force starts before `from`, pushed back as far as what runs demands, when its lanes
//     are still there (window_forecast.h). What ends before `from` is left out.
//  3. Lanes that are lost or lent are outages, and modes that need lost ones are gone.
//     Durations are those of the conditions; where a speed changes, a job counts with the lowest
//     between its release and its deadline: an operation has one duration.
//  4. Jobs of a task run in order, across hyperperiods too.
#pragma once

#include <cstdint>
#include <vector>

#include "base/nanos.h"
#include "model/conditions.h"
#include "model/instance.h"
#include "model/window.h"
#include "solve/window_forecast.h"

namespace takt {

struct WindowInstance {
  struct Source {
    RunOp what;
    std::vector<uint32_t> modes;       // of the base operation, per mode here; empty: runs
  };
  Instance instance;
  Nanos origin;                        // absolute time of its time 0
  std::vector<Source> sources;         // per operation
};

// Of what `forecast` says, under the conditions that it was made for. It passes
// check_instance().
WindowInstance window_instance(const WindowBase& base, const Conditions& conditions,
                               const Forecast& forecast);

}  // namespace takt
