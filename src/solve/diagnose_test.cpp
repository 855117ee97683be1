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

// On one lane 20 of [0, 40) at a stretch, and every 10 another job needs 2: no place is left.
// For 16 there is.
TEST(Diagnose, NamesWhatHoldsALaneForTooLong) {
  Instance instance = hard_jobs({{20, 40}, {2, 10}, {2, 20}, {2, 30}, {2, 40}});
  instance.lane_names = {"gpu"};
  instance.pools = {{"gpu", {LaneId(0u)}}};
  for (uint32_t j = 1; j < 5; ++j) instance.jobs[j].release = Nanos(10 * (j - 1));
  const Problem problem(instance);
  const Diagnosis diagnosis = diagnose(problem, solve(problem, {.steps = 300}).schedule);
  EXPECT_FALSE(diagnosis.overcommitment);
  ASSERT_EQ(diagnosis.blockings.size(), 1u);
  EXPECT_NE(text_of(problem, diagnosis)
                .find("'gpu' is not to be had: policy#0 holds it, without a break, for 20ns "
                      "between 0ns and 40ns, policy#2 needs it for 2ns between 10ns and 20ns, "
                      "policy#3 needs it for 2ns between 20ns and 30ns, and no other lanes would "
                      "do: one of them is late in any plan; at least 1 jobs in all"),
            std::string::npos)
      << text_of(problem, diagnosis);
  instance.operations[0].modes[0].duration = Nanos(16);
  const Problem shorter(instance);
  const SolveResult result = solve(shorter, {.steps = 300});
  EXPECT_EQ(result.score[Level::kHardMisses], 0);
}

TEST(Diagnose, HasNothingToSayWhenNothingIsMissed) {
  const Instance instance = hard_jobs({{8, 10}, {8, 10}});
  const Problem problem(instance);
  EXPECT_EQ(text_of(problem, diagnose(problem, solve(problem, {.steps = 300}).schedule)), "");
}

}  // namespace
}  // namespace takt
