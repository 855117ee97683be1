// What `takt run` shows on a terminal while a mission runs: one line per task.
#pragma once

#include <string>
#include <vector>

#include "base/nanos.h"
#include "model/workload.h"
#include "trace/figures.h"

namespace takt {

// A header and a line per task that has figures, each at most `columns` wide and all at most `rows`
// high; no control characters, each line ends in a newline. Slack is what the 99th percentile of
// the responses leaves of the deadline; tasks that the workload does not have (any more) have none.
std::string live_text(const Workload& workload, const std::vector<TaskFigures>& figures,
                      Nanos elapsed, size_t columns, size_t rows);

}  // namespace takt
