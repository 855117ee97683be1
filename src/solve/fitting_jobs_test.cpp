#include "solve/fitting_jobs.h"

#include <gtest/gtest.h>

#include "solve/random_features.h"

namespace takt {
namespace {

// Eight jobs of 10 each, one lane, two of them due in every 15.
Instance overload() {
  Instance instance;
  instance.name = "overload";
  instance.lane_names = {"a"};
  instance.pools = {{"cpu", {LaneId(0u)}}};
  for (uint32_t t = 0; t < 2; ++t) {
    instance.tasks.push_back({t == 0 ? "less" : "more", ModuleId(), "", Criticality::kSoft,
                              static_cast<int>(t)});
    for (uint32_t k = 0; k < 4; ++k) {
      const auto n = static_cast<uint32_t>(instance.operations.size());
      instance.jobs.push_back({TaskId(t), k, Nanos(15 * k), Nanos(15 * k + 15), n, 1});
      instance.operations.push_back({Operation::Kind::kGraphOp, JobId(n), 0, "k",
                                     {{{{PoolId(0u), 1}}, "default", Nanos(10)}}});
    }
  }
  return instance;
}

TEST(FittingJobs, TakesTheMoreImportantTaskWhole) {
  const Instance instance = overload();
  const FittingJobs fitting = fitting_jobs(instance, {.steps = 300});
  EXPECT_EQ(fitting.in, (std::vector<char>{0, 0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(fitting.instance.jobs.size(), 4u);
}

// The lane is free from 45 on when the last job of "more" has gone: "less" gets that one in.
TEST(FittingJobs, PutsOthersIntoTheGaps) {
  Instance instance = overload();
  instance.jobs.pop_back();
  instance.operations.pop_back();
  const FittingJobs fitting = fitting_jobs(instance, {.steps = 300});
  EXPECT_EQ(fitting.in, (std::vector<char>{0, 0, 0, 1, 1, 1, 1}));
  EXPECT_EQ(numbers_of(instance, fitting.in)[0], (std::vector<uint32_t>{3}));
  EXPECT_EQ(fitting.instance.jobs[0].index, 0u);
}

TEST(FittingJobs, NothingThatIsInIsLate) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Instance instance = random_feature_instance(seed);
    instance.commitments.clear();
    const FittingJobs fitting = fitting_jobs(instance, {.steps = 60});
    const Status checked = check_instance(fitting.instance);
    ASSERT_TRUE(checked) << checked.error().message;
    const Problem problem(fitting.instance);
    const std::vector<Nanos> done = completions(problem, fitting.result.schedule);
    for (size_t j = 0; j < done.size(); ++j)
      EXPECT_LE(done[j], std::min(fitting.instance.jobs[j].deadline, instance.horizon));
  }
}

}  // namespace
}  // namespace takt
