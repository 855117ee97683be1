// Stale reads: how often the data of a `latest` edge was older than the edge allows
// (DataEdge::staleness) when it was read. A job reads when it begins and writes when it ends
// (chains.h); the age is from the release of the job that made the data to the release of the one
// that reads it. Nothing is held back for it: the reader runs on what there is, and it is counted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/trace_event.h"
#include "model/workload.h"

namespace takt {

struct StaleReads {
  std::string from, to;
  Nanos staleness;                 // allowed
  int64_t reads = 0;               // of data that was made in the trace
  int64_t stale = 0;
  int64_t without = 0;             // jobs that began before there was any data
  Nanos oldest;
};

// One entry per edge with a staleness, in the workload's order. Tasks are found by name.
std::vector<StaleReads> stale_reads(const Trace& trace, const Workload& workload);

}  // namespace takt
