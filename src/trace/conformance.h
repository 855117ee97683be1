// Conformance: how closely a run kept its plan.
//
// An operation of the run is all kOp events with one (task, job, op), its begin the
// earliest and its end the latest over the lanes that shared it; kSubmit events match
// the plan's submit operations. It corresponds to the plan operation of the same task
// (by name), job modulo jobs per window, and index. Its planned start is
//   periodic plan:      origin + job / jobs * window + start
//   not periodic:       release of the window's first job - phase + start
// Jobs that were shed are not expected to run and count nowhere.
#pragma once

#include <cstdint>
#include <vector>

#include "base/nanos.h"
#include "model/plan.h"
#include "model/trace_event.h"

namespace takt {

// Of absolute errors, nearest rank; 0 when nothing matched.
struct ErrorFigures {
  Nanos p50, p99, max;
};

struct Conformance {
  ErrorFigures start_error;       // |begin - planned begin| per operation
  ErrorFigures duration_error;    // |duration - planned duration| per operation
  // Per window that ran completely, in order: by how much the window's work ended later
  // (or, negative, earlier) than planned, in percent of the planned makespan.
  std::vector<double> makespan_error_pct;
  double makespan_error_pct_p50 = 0;   // of the absolute values
  double makespan_error_pct_max = 0;
  int64_t matched = 0;            // operations of the run found in the plan
  int64_t missing = 0;            // planned for a job that was released, but not in the run
  int64_t unplanned = 0;          // operations of the run that are not in the plan
  uint64_t dropped = 0;           // events the trace lost; above 0, `missing` may be due to it
};

Conformance conformance(const Plan& plan, const Trace& trace);

}  // namespace takt
