// Search that counts steps: a number of streams that depends on nothing but the steps, each with
// a blackboard and a seed of its own, spread over the threads there are. The same steps and seed
// give the same schedule whatever the threads, the machine and its load.
#pragma once

#include "solve/engines/solve_context.h"

namespace takt {

// Runs options.steps and offers what the streams find to the board, in the order of the streams.
// REQUIRES: the board has a schedule.
void run_step_streams(SolveContext& context);

}  // namespace takt
