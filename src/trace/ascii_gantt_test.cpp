#include "trace/ascii_gantt.h"

#include <gtest/gtest.h>

#include "trace/trace_case.h"

namespace takt {
namespace {

TEST(AsciiGantt, DrawsAWindow) {
  const Plan plan = plan_case(R"(
window 2000000
lanes big.0 big.1 npu
task policy 2 1000000 0 250000
task detector 1 2000000 0 2000000
op policy 0 0 0 200000 big.0
op policy 0 1 200000 300000 big.0
op policy 1 0 1000000 1200000 big.0
op detector 0 0 300000 900000 big.0 big.1
op detector 0 1 900000 940000 big.1
op detector 0 2 940000 2000000 npu
)");
  EXPECT_EQ(ascii_gantt(plan, 20), R"(window 2.000 ms, one column = 0.100 ms
big.0 |AAABBBBBB.AA........|  55 %
big.1 |...BBBBBBb..........|  32 %
npu   |.........BBBBBBBBBBB|  53 %
A policy    2 jobs of 2 ops, up to 1 lane, response 0.300 of 0.250 ms, 1 LATE
B detector  1 job of 3 ops, up to 2 lanes, response 2.000 of 2.000 ms
)");
}

TEST(AsciiGantt, DrawsAPlanWithoutPeriod) {
  Plan plan = plan_case("lanes m0\ntask job 1 0 0 0\nop job 0 0 0 1000000 m0\n");
  plan.tasks[0].deadline = Nanos::max();
  EXPECT_EQ(ascii_gantt(plan, 10), R"(makespan 1.000 ms, one column = 0.100 ms
m0 |AAAAAAAAAA| 100 %
A job  1 job of 1 ops, up to 1 lane, response 1.000 ms
)");
}

TEST(AsciiGantt, DrawsAnEmptyPlan) {
  Plan plan;
  plan.window = Nanos::max();
  plan.lanes = {"m0"};
  EXPECT_EQ(ascii_gantt(plan, 3),
            "makespan 0.000 ms, one column = 0.000 ms\nm0 |..........|   0 %\n");
}

}  // namespace
}  // namespace takt
