// Conditions: what is different from what an Instance assumes: speeds, lanes, durations, which
// tasks are active. A plain value; the default one says that nothing is. Every deviation is a
// change of it, and a plan is made for one: equal conditions, equal plans.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/lane_mask.h"
#include "base/nanos.h"
#include "model/ids.h"
#include "model/instance.h"

namespace takt {

// From `at` on the lanes of `pool` run at `speed_pct` of full speed.
struct SpeedChange {
  Nanos at;                               // absolute
  PoolId pool;
  uint32_t speed_pct = 100;               // > 0
  bool operator==(const SpeedChange&) const = default;
};

struct Conditions {
  std::vector<uint32_t> speed_pct;        // per pool, > 0; empty: 100 everywhere
  LaneMask lost;                          // cores and accelerators, until further notice
  // By kernel hash: how much longer it takes than the instance says, per cent; > 0.
  std::map<std::string, uint32_t> kernel_pct;
  // In this mode of the mission, ascending: no new jobs; what has begun goes on unplanned.
  std::vector<TaskId> inactive;
  // Known ahead, absolute times, by time: throttling that is announced, lanes that are lent.
  std::vector<SpeedChange> speed_changes;
  std::vector<Outage> outages;

  bool operator==(const Conditions&) const = default;

  uint32_t speed_of(PoolId pool) const {
    return pool.value() < speed_pct.size() ? speed_pct[pool.value()] : 100;
  }
};

}  // namespace takt
