// verify: the independent judge of a plan. Shares no code with solve/. Finds every
// violation, not just the first, and says each in one sentence that names task, job,
// operation, lanes and times. A plan with other lanes and another number of operations is of
// another problem: only that is said of it.
#pragma once

#include <string>
#include <vector>

#include "model/dispatch_graph.h"
#include "model/instance.h"
#include "model/plan.h"

namespace takt {

struct Violation {
  std::string what;
};

// Checks: the instance is whole (check_instance) and the plan's (hash, operation count and
// identity); every operation has one of its modes (pools, counts, aligned blocks, variant,
// duration); lanes exist, are distinct and run one operation at a time; precedence with delays
// and transfers between sites; releases and not_before; commitments kept exactly; outages;
// mode groups; everything inside the window; the values of the objective levels are true and
// no bound is above its value. A missed deadline is not a violation of the plan: it shows in
// the objective.
//
// Objective levels that can be checked: all of model/objective.h, by name; as well
// "<criticality>_misses" and "<criticality>_tardiness" (lateness of late jobs times their
// task's weight, summed, ns) of every criticality, and "response" (summed over jobs with a
// deadline, ns). A job is done when its last graph operation is; its submit does not count.
// Any other name is a violation.
std::vector<Violation> verify(const Plan& plan, const Instance& instance);

// The same for a plan alone with the graphs it names (graphs[i] belongs to
// plan.modules[i]): what the HAL driver and `takt verify plan.json` check before use.
// Modes, transfers, chains, jitter, weights, commitments and outages are only in the instance:
// durations and lane sets are not judged here; misses and tardiness may be claimed higher than
// the tasks' own deadlines say, chain_latency and control_jitter anything from 0. A plan
// without modules, of a bare scheduling problem, is judged by what is left.
std::vector<Violation> verify(const Plan& plan, const std::vector<DispatchGraph>& graphs);

}  // namespace takt
