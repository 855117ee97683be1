// Figures of a run, from its trace alone: what became of each task's jobs, and how
// busy each lane was.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "base/result.h"
#include "model/trace_event.h"

namespace takt {

struct TaskFigures {
  std::string name;
  int64_t jobs = 0;            // released
  int64_t done = 0;            // finished by the deadline
  int64_t missed = 0;          // finished late, or given up unfinished
  int64_t shed = 0;            // not run, on purpose
  int64_t lost = 0;            // released, never ended: must be 0
  int64_t stray = 0;           // ended twice or without a release: must be 0
  // Release to end over done and missed jobs, nearest rank; 0 when there are none.
  Nanos response_p50, response_p95, response_p99, response_max;
};

// One entry per Trace::tasks, in that order.
std::vector<TaskFigures> task_figures(const Trace& trace);

// Every released job ended exactly once, so done + missed + shed = jobs. The error
// names each task with lost or stray jobs, and says so when events were dropped (then the
// trace cannot tell).
Status check_jobs(std::span<const TaskFigures> tasks, uint64_t dropped);

struct LaneUse {
  std::string name;
  Nanos ops;                   // ran operations
  Nanos submits;               // ran host work that submits jobs, outside operations
  Nanos span;                  // of the run: first to last event of any lane, idle not counted
  double busy_pct() const;     // 100 * (ops + submits) / span; 0 for an empty run
};

// One entry per Trace::lanes, in that order. Events of other lanes (host threads) are
// left out.
std::vector<LaneUse> utilisation(const Trace& trace);

}  // namespace takt
