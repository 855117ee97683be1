#include "solve/lns.h"

#include <gtest/gtest.h>

#include "solve/featured_instance.h"
#include "solve/robot_instance.h"
#include "solve/schedule_fault.h"

namespace takt {
namespace {

Objective every_level() {
  Objective all;
  for (const Level level : kLevels) all.push_back({level, 0, 0});
  return all;
}

std::pair<Schedule, Score> improve(const Problem& problem, const Objective& objective,
                                   const LnsOptions& options, int64_t steps) {
  Blackboard board(problem, Ranking(objective), Nanos::max());
  Lns lns(problem, board, options);
  lns.run(steps);
  return *board.best_with_score();
}

TEST(Lns, EveryFeatureStaysValid) {
  RandomInstanceOptions random;
  random.lanes_max = 6;
  random.pools_max = 3;
  random.jobs_max = 8;
  random.ops_min = 8;
  random.ops_max = 40;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = featured_instance(seed, random);
    const Problem problem(instance);
    LnsOptions options;
    options.seed = seed;
    options.handoff = Nanos(static_cast<int64_t>(seed % 3));
    Objective objective = every_level();
    std::rotate(objective.begin(), objective.begin() + static_cast<int>(seed % kLevelCount),
                objective.end());
    const auto [schedule, score] = improve(problem, objective, options, 1500);
    ASSERT_EQ(first_fault(problem, schedule), "");
    ASSERT_EQ(score, score_of(problem, schedule));
  }
}

TEST(Lns, TheSameForASeed) {
  RobotOptions robot;
  robot.load_percent = 110;
  const Instance instance = robot_instance(robot);
  const Problem problem(instance);
  LnsOptions options;
  options.seed = 5;
  const auto once = improve(problem, default_objective(instance), options, 3000);
  const auto again = improve(problem, default_objective(instance), options, 3000);
  EXPECT_EQ(once.second, again.second);
  EXPECT_EQ(once.first.start, again.first.start);
  EXPECT_EQ(once.first.lanes, again.first.lanes);
  EXPECT_EQ(first_fault(problem, once.first), "");
}

}  // namespace
}  // namespace takt
