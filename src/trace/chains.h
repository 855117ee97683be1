// Chain figures: what the data of a mission went through, end to end, from its trace.
//
// A job reads when it begins (its first operation; without operations in the trace, its release)
// and writes when it ends; a shed or unfinished one does neither. From one task of a chain to the
// next, an `every` edge, and an event, joins jobs of equal number; else the reader takes the
// latest output that was there when it began.
//   latency    of an output: from the release of the first task's job whose data it is made of to
//              its end; what a chain's deadline bounds, as in the plan (solve/chain_runs.h)
//   reaction   from an event just after a job of the first task has read, so that the next one
//              sees it, to the end of the first output made of it: the reaction time of Duerr et
//              al., ACM TECS 18(5s), 2019; first-to-first of Feiertag et al., CRTS 2008
//   age        from the reading of the first task's job to when its output is replaced by the
//              next: the data age of the same (last-to-last)
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/trace_event.h"
#include "model/workload.h"

namespace takt {

// Nearest rank; 0 when there are none.
struct Spread {
  Nanos p50, p99, max;
};

struct ChainFigures {
  std::string name;
  Nanos deadline;
  int64_t outputs = 0;           // of the last task, with data that was read in the trace
  int64_t missed = 0;            // latency above the deadline
  Spread latency, reaction, age;
};

// One entry per chain, in the workload's order. Tasks are found by name.
std::vector<ChainFigures> chain_figures(const Trace& trace, const Workload& workload);

}  // namespace takt
