// ascii_gantt: a plan as text, one line per lane, for `takt plan --explain` and the demo.
//
//   window 2ms, one column = 40us
//   core.0 |AAAAb.........|  21 %
//   A policy     5 jobs of 7 ops, response 0.31 of 2.00 ms
//
// A column shows the task that uses most of it on that lane: an upper-case letter when at
// least half of the column is busy, lower case when less, '.' when nothing runs.
#pragma once

#include <string>

#include "model/plan.h"

namespace takt {

// `columns`: of the chart itself, at least 10.
std::string ascii_gantt(const Plan& plan, int columns = 80);

}  // namespace takt
