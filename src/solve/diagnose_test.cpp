#include "solve/diagnose.h"

#include <gtest/gtest.h>

#include "solve/solve.h"

namespace takt {
namespace {

// Two lanes; hard jobs of one operation each, all released at 0.
Instance hard_jobs(std::vector<std::pair<int64_t, int64_t>> duration_and_deadline) {
  Instance instance;
  instance.lane_names = {"a", "b"};
  instance.pools = {{"big", {LaneId(0u), LaneId(1u)}}};
  instance.tasks = {{"policy", ModuleId(0u), "main", Criticality::kHard, 0}};
  for (const auto& [duration, deadline] : duration_and_deadline) {
    const auto n = static_cast<uint32_t>(instance.operations.size());
    instance.jobs.push_back({TaskId(0u), n, Nanos(0), Nanos(deadline), n, 1});
    Operation op;
    op.job = JobId(n);
    op.modes = {{{{PoolId(0u), 1}}, "default", Nanos(duration)}};
    instance.operations.push_back(op);
  }
  return instance;
}

TEST(Diagnose, SaysWhichLanesAreAskedForHowMuchByWhom) {
  Instance instance = hard_jobs({{8, 10}, {8, 10}, {6, 10}});
  instance.outages = {{LaneId(1u), Nanos(2), Nanos(4)}};
  const Problem problem(instance);
  const Diagnosis diagnosis = diagnose(problem, solve(problem, {.steps = 300}).schedule);
  ASSERT_TRUE(diagnosis.overcommitment);
  EXPECT_EQ(diagnosis.overcommitment->asked, Nanos(22));
  EXPECT_EQ(diagnosis.overcommitment->offered, Nanos(18));
  EXPECT_NE(text_of(problem, diagnosis)
                .find("between 0ns and 10ns the 2 lanes of 'big' are asked for 22ns of 18ns lane "
                      "time by policy#0 (8ns), policy#1 (8ns), policy#2 (6ns); outages and "
                      "committed operations take 2ns of it"),
            std::string::npos)
      << text_of(problem, diagnosis);
}

TEST(Diagnose, SaysWhatIsTooLongAlone) {
  Instance instance = hard_jobs({{8, 5}, {3, 20}});
  instance.precedences = {{OpId(0u), OpId(1u), Nanos(1)}};
  instance.chains = {{"see-act", Nanos(9), {{JobId(0u), JobId(1u)}}}};
  const Problem problem(instance);
  const Diagnosis diagnosis = diagnose(problem, solve(problem, {.steps = 300}).schedule);
  ASSERT_EQ(diagnosis.too_long.size(), 2u);
  EXPECT_EQ(diagnosis.too_long[0].what, "job policy#0");
  EXPECT_EQ(diagnosis.too_long[1].what, "chain see-act (policy#0 .. policy#1)");
  EXPECT_EQ(diagnosis.too_long[1].path, (std::vector<uint32_t>{0, 1}));
  const std::string text = text_of(problem, diagnosis);
  EXPECT_NE(text.find("needs until 12ns even with all lanes to itself, and must end by 9ns: 3ns "
                      "too long, over 2 operations in a row"),
            std::string::npos)
      << text;
}

TEST(Diagnose, HasNothingToSayWhenNothingIsMissed) {
  const Instance instance = hard_jobs({{8, 10}, {8, 10}});
  const Problem problem(instance);
  EXPECT_EQ(text_of(problem, diagnose(problem, solve(problem, {.steps = 300}).schedule)), "");
}

}  // namespace
}  // namespace takt
