#include "solve/explain.h"

#include <gtest/gtest.h>

#include "solve/solve.h"

namespace takt {
namespace {

// One lane; a firm job of two operations, and a hard job that needs 8 by its deadline 5.
Instance late_instance() {
  Instance instance;
  instance.lane_names = {"core"};
  instance.pools = {{"cores", {LaneId(0u)}}};
  instance.horizon = Nanos(40);
  instance.tasks = {{"firm", ModuleId(0u), "main", Criticality::kFirm, 0},
                    {"hard", ModuleId(0u), "main", Criticality::kHard, 0}};
  instance.jobs = {{TaskId(0u), 0, Nanos(0), Nanos(30), 0, 2},
                   {TaskId(1u), 0, Nanos(2), Nanos(5), 2, 1}};
  for (const int64_t duration : {4, 6, 8}) {
    Operation op;
    op.job = JobId(instance.operations.size() < 2 ? 0u : 1u);
    op.modes = {{{{PoolId(0u), 1}}, "default", Nanos(duration)}};
    instance.operations.push_back(op);
  }
  instance.precedences = {{OpId(0u), OpId(1u), Nanos(0)}};
  return instance;
}

TEST(Explain, SlackLateJobsChainsAndLoad) {
  const Instance instance = late_instance();
  const Problem problem(instance);
  // hard at 2..10; firm at 10..14, 14..20.
  Schedule schedule;
  schedule.resize(problem);
  schedule.start = {Nanos(10), Nanos(14), Nanos(2)};
  const Explanation explanation = explain(problem, schedule);
  ASSERT_EQ(explanation.tasks.size(), 2u);
  const TaskReport& firm = explanation.tasks[0];
  EXPECT_EQ(firm.response_max, Nanos(20));
  EXPECT_EQ(firm.slack_min, Nanos(10));
  EXPECT_EQ(firm.late, 0u);
  ASSERT_EQ(firm.chain.size(), 3u);
  EXPECT_EQ(firm.chain[0].op, 2u);
  EXPECT_EQ(firm.chain[0].waits, ChainLink::Waits::kRelease);
  EXPECT_EQ(firm.chain[1].waits, ChainLink::Waits::kLane);
  EXPECT_EQ(firm.chain[2].waits, ChainLink::Waits::kPredecessor);
  const TaskReport& hard = explanation.tasks[1];
  EXPECT_EQ(hard.late, 1u);
  EXPECT_EQ(hard.impossible, 1u);       // 2 + 8 > 5 whatever else runs
  EXPECT_EQ(hard.slack_min, Nanos(-5));
  EXPECT_EQ(explanation.lanes[0].busy, Nanos(18));
  EXPECT_DOUBLE_EQ(explanation.lanes[0].load, 18.0 / 40);
  EXPECT_EQ(explanation.pools[0].asked, Nanos(18));
  EXPECT_EQ(explanation.pools[0].offered, Nanos(40));
  EXPECT_EQ(explanation.overrun, Nanos(0));
}

TEST(Explain, OverrunAndOverload) {
  Instance instance = late_instance();
  instance.horizon = Nanos(15);
  const Problem problem(instance);
  const SolveResult found = solve(problem, {.steps = 300});
  const Explanation explanation = explain(problem, found.schedule);
  EXPECT_EQ(explanation.overrun, Nanos(3));
  EXPECT_TRUE(explanation.pools[0].overloaded());
}

}  // namespace
}  // namespace takt
