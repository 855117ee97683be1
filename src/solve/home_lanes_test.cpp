// Partitioned plans: whatever is found is valid, in time and keeps every stream on its lane; a
// case that needs it.
#include "solve/home_lanes.h"

#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

struct PeriodicTask {
  int64_t period;
  std::vector<int64_t> durations;      // of its operations, a chain; on lanes 'slow' twice that
};

// All hard, deadlines are periods; pools 'fast' and 'slow'.
Instance periodic(const std::vector<PeriodicTask>& tasks, uint32_t fast, uint32_t slow,
                  int64_t horizon) {
  Instance instance;
  instance.horizon = Nanos(horizon);
  instance.pools = {{"fast", {}}, {"slow", {}}};
  for (uint32_t lane = 0; lane < fast + slow; ++lane) {
    instance.lane_names.push_back("lane" + std::to_string(lane));
    instance.pools[lane < fast ? 0 : 1].lanes.emplace_back(lane);
  }
  for (uint32_t t = 0; t < tasks.size(); ++t) {
    instance.tasks.push_back({"task" + std::to_string(t), ModuleId(0u), "main",
                              Criticality::kHard, 0});
    uint32_t index = 0;
    for (int64_t at = 0; at < horizon; at += tasks[t].period, ++index) {
      const auto first = static_cast<uint32_t>(instance.operations.size());
      const auto count = static_cast<uint32_t>(tasks[t].durations.size());
      const JobId job(static_cast<uint32_t>(instance.jobs.size()));
      instance.jobs.push_back({TaskId(t), index, Nanos(at), Nanos(at + tasks[t].period), first,
                               count});
      for (uint32_t k = 0; k < count; ++k) {
        Operation op;
        op.job = job;
        const Nanos duration(tasks[t].durations[k]);
        op.modes = {{{{PoolId(0u), 1}}, "default", duration},
                    {{{PoolId(1u), 1}}, "default", duration * 2}};
        instance.operations.push_back(op);
        if (k > 0)
          instance.precedences.push_back({OpId(first + k - 1), OpId(first + k), Nanos(0)});
      }
    }
  }
  return instance;
}

void expect_at_home_and_in_time(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  EXPECT_EQ(fault_of(instance, problem, schedule), "");
  EXPECT_EQ(score_of(problem, schedule)[Level::kHardMisses], 0);
  EXPECT_EQ(score_of(problem, schedule).overrun, Nanos(0));
  std::map<std::pair<uint32_t, uint32_t>, uint32_t> home;
  for (const Job& job : instance.jobs)
    for (uint32_t k = 0; k < job.op_count; ++k) {
      const uint32_t lane = schedule.lanes_of(problem, job.first_op + k)[0];
      const auto [at, fresh] = home.try_emplace({job.task.value(), k}, lane);
      EXPECT_EQ(at->second, lane);
    }
}

TEST(HomeLanes, KeepLongOperationsOffTheLanesOfShortPeriods) {
  // Neither of the two short ones can wait for 30; what is long has the slow lane for itself.
  const Instance instance = periodic({{100, {30}}, {5, {1}}, {10, {2, 2}}}, 1, 1, 100);
  const Problem problem(instance);
  const auto schedule = on_home_lanes(problem, Nanos(0), 100'000);
  ASSERT_TRUE(schedule);
  expect_at_home_and_in_time(problem, *schedule);
  EXPECT_EQ(schedule->lanes_of(problem, 0)[0], 1u);
  EXPECT_FALSE(on_home_lanes(problem, Nanos(0), 10));      // no time to look
}

TEST(HomeLanes, AreInTimeWhereTheyAreFound) {
  int found = 0;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::vector<PeriodicTask> tasks;
    constexpr int64_t kPeriods[] = {5, 10, 15, 20, 30, 60};
    for (int64_t t = rng.between(2, 7); t-- > 0;) {
      PeriodicTask task{kPeriods[rng.below(6)], {}};
      for (int64_t k = rng.between(1, 3); k-- > 0;)
        task.durations.push_back(rng.between(1, std::max<int64_t>(1, task.period / 4)));
      tasks.push_back(task);
    }
    const Instance instance = periodic(tasks, 2, 2, 60);
    ASSERT_TRUE(check_instance(instance));
    const Problem problem(instance);
    const auto schedule = on_home_lanes(problem, Nanos(rng.between(0, 1)), 100'000);
    if (!schedule) continue;
    ++found;
    expect_at_home_and_in_time(problem, *schedule);
  }
  std::printf("found %d of 300\n", found);
  EXPECT_GE(found, 100);
}

// What homes are not for is left alone.
TEST(HomeLanes, NeedOneLaneModesAndNothingCommitted) {
  Instance instance = periodic({{10, {2}}}, 1, 1, 20);
  instance.commitments = {{OpId(0u), Nanos(0), 0, {LaneId(0u)}}};
  EXPECT_FALSE(on_home_lanes(Problem(instance), Nanos(0), 1'000));
  instance.commitments.clear();
  instance.operations[0].modes = {{{{PoolId(0u), 1}, {PoolId(1u), 1}}, "default", Nanos(1)}};
  instance.operations[1].modes = instance.operations[0].modes;
  EXPECT_FALSE(on_home_lanes(Problem(instance), Nanos(0), 1'000));
}

}  // namespace
}  // namespace takt
