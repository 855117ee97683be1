// Why a schedule is as it is: per task its response, slack and the critical chain of its
// tightest job; per lane its load; per pool what is asked of it. Plain values, in the
// terms of the instance; app/plan_report.h makes text of them.
#pragma once

#include <string>
#include <vector>

#include "model/instance.h"
#include "solve/critical_chain.h"
#include "solve/problem.h"
#include "solve/schedule.h"

namespace takt {

struct TaskReport {
  TaskId task;
  uint32_t jobs = 0;
  uint32_t late = 0;
  uint32_t impossible = 0;         // late ones that would be late alone on the SoC
  Nanos response_max;              // release to the end of the last graph operation
  Nanos slack_min;                 // deadline - that end; Nanos::max() without a deadline
  JobId tightest;                  // the job of slack_min (without deadlines, of response_max)
  std::vector<ChainLink> chain;    // of its last operation, first in time first
};

struct LaneReport {
  LaneId lane;
  Nanos busy;
  double load = 0;                 // busy / window (without a window: makespan)
};

struct PoolReport {
  PoolId pool;
  Nanos asked;                     // least lane time the operations need here
  Nanos offered;                   // lanes * window
  bool overloaded() const { return asked > offered; }
};

struct Explanation {
  Nanos window;                    // horizon, or the makespan when there is none
  Nanos overrun;                   // how far the last operation ends past the window
  std::vector<TaskReport> tasks;   // those with jobs
  std::vector<LaneReport> lanes;
  std::vector<PoolReport> pools;
};

Explanation explain(const Problem& problem, const Schedule& schedule);

}  // namespace takt
