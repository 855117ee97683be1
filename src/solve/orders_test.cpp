#include "solve/orders.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "solve/robot_instance.h"

namespace takt {
namespace {

// Two chains of two operations on one machine each, with two modes.
Instance two_chains() {
  Instance instance;
  instance.lane_names = {"a", "b"};
  instance.pools = {{"cores", {LaneId(0u), LaneId(1u)}}};
  instance.tasks = {{"t", ModuleId(0u), "main", Criticality::kFirm}};
  instance.jobs = {{TaskId(0u), 0, Nanos(0), Nanos(50), 0, 2},
                   {TaskId(0u), 1, Nanos(0), Nanos(60), 2, 2}};
  const int64_t durations[][2] = {{4, 2}, {10, 8}, {3, 1}, {30, 6}};
  for (uint32_t op = 0; op < 4; ++op) {
    Operation operation;
    operation.job = JobId(op / 2);
    operation.graph_op = op % 2;
    for (int width = 1; width <= 2; ++width)
      operation.modes.push_back({{{PoolId(0u), width}}, "default",
                                 Nanos(durations[op][width - 1])});
    instance.operations.push_back(operation);
  }
  instance.precedences = {{OpId(0u), OpId(1u), Nanos(0)}, {OpId(2u), OpId(3u), Nanos(0)}};
  return instance;
}

TEST(Orders, LatestStartLooksAcrossJobs) {
  const Instance instance = two_chains();
  const Problem problem(instance);
  // Latest starts with least durations: 50 - 8 - 2 = 40, 42, 60 - 6 - 1 = 53, 54.
  EXPECT_EQ(keys_of(problem, {JobOrder::kLatestStart, OpRank::kLeastTail}),
            (std::vector<int64_t>{0, kKeySpacing, 2 * kKeySpacing, 3 * kKeySpacing}));
}

// Every order is a permutation of the same keys, predecessors before successors in a job.
TEST(Orders, EveryRuleRanksPredecessorsFirst) {
  const Instance instance = robot_instance({.operations = 200});
  const Problem problem(instance);
  for (const JobOrder jobs : {JobOrder::kCriticalDeadline, JobOrder::kDeadline, JobOrder::kSlack,
                              JobOrder::kLatestStart})
    for (const OpRank ops : {OpRank::kLeastTail, OpRank::kNarrowTail, OpRank::kMeanTail,
                             OpRank::kOptimistic, OpRank::kWork}) {
      std::vector<int64_t> keys = keys_of(problem, {jobs, ops});
      for (uint32_t op = 0; op < problem.size(); ++op)
        for (const Arc& arc : problem.succs(op))
          if (problem.job_of(op) == problem.job_of(arc.op)) {
            EXPECT_LT(keys[op], keys[arc.op]);
          }
      std::sort(keys.begin(), keys.end());
      for (size_t i = 0; i < keys.size(); ++i)
        EXPECT_EQ(keys[i], kKeySpacing * static_cast<int64_t>(i));
    }
}

TEST(Orders, NoiseIsBounded) {
  Rng rng(1);
  std::vector<int64_t> keys(100, 0);
  add_noise(keys, 0.1, rng);
  for (const int64_t key : keys) EXPECT_LE(std::abs(key), 10 * kKeySpacing);
  EXPECT_NE(keys.front(), keys.back());
}

}  // namespace
}  // namespace takt
