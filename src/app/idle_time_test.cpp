// The idle-time case in virtual time: hybrid makes use of what a plan of overestimated durations
// leaves idle.
#include "sim/idle_time_case.h"

#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

Plan plan_for(const Instance& instance) {
  SolveOptions options;
  options.steps = 20'000;
  PlanContext context;
  context.tasks = tasks_of(instance);
  Plan plan = make_plan(instance, context, options);
  for (const Job& job : instance.jobs)
    if (job.index == 0) plan.tasks[job.task.value()].phase = job.release;
  return plan;
}

TEST(IdleTime, HybridEndsAsThePlanWithTheTrueDurations) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    const IdleTimeCase which = idle_time_case(seed);
    const Plan right = plan_for(which.instance), wrong = plan_for(which.overestimated);
    Nanos planned, too_long;
    for (size_t i = 0; i < right.operations.size(); ++i)
      if (right.operations[i].task == TaskId(0u)) {
        planned = std::max(planned, right.operations[i].end());
        too_long = std::max(too_long, wrong.operations[i].end());
      }
    EXPECT_GT(too_long, planned * 4);          // there is idle time to be used
    const SimInput input = *make_sim_input(which.instance, &wrong);
    SimOptions options;
    options.policy = *find_policy("hybrid");
    const SimResult result = *simulate(input, options);
    int64_t control = 0;
    for (const TraceEvent& e : result.trace.events) {
      if (e.kind != TraceEvent::Kind::kJobEnd) continue;
      if (e.task != 0) {
        ++control;                             // locked to its phase: any delay is a miss
        EXPECT_EQ(JobOutcome(e.value), JobOutcome::kDone) << "control job " << e.job;
        continue;
      }
      EXPECT_EQ(JobOutcome(e.value), JobOutcome::kDone);
      EXPECT_LE(e.end * 100, planned * 103);
    }
    EXPECT_GT(control, 0);
  }
}

}  // namespace
}  // namespace takt
