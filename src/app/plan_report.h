// A plan for people: what `takt plan` prints.
#pragma once

#include <string>
#include <vector>

#include "model/dispatch_graph.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/soc.h"
#include "solve/explain.h"

namespace takt {

// One line per objective level: value, bound, proof.
std::string objective_text(const Plan& plan);

// Per task: jobs, response, slack, late jobs; per lane its load.
std::string summary_text(const Instance& instance, const Explanation& explanation);

// The critical chain of every task's tightest job: start, duration, what the start waited
// for. graphs[i] is module i's.
std::string chains_text(const Instance& instance, const Plan& plan,
                        const Explanation& explanation,
                        const std::vector<DispatchGraph>& graphs);

// Why the load does not fit: lanes, what is asked of them and what they offer.
std::string overrun_text(const Instance& instance, const Soc& soc,
                         const Explanation& explanation);

}  // namespace takt
