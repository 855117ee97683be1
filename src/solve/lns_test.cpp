#include "solve/lns.h"

#include <gtest/gtest.h>

#include "solve/oracle.h"
#include "solve/random_features.h"
#include "solve/robot_instance.h"
#include "solve/schedule_check.h"

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
    const Instance instance = random_feature_instance(seed, random);
    const Problem problem(instance);
    LnsOptions options;
    options.seed = seed;
    options.handoff = Nanos(static_cast<int64_t>(seed % 3));
    Objective objective = every_level();
    std::rotate(objective.begin(), objective.begin() + static_cast<int>(seed % kLevelCount),
                objective.end());
    const auto [schedule, score] = improve(problem, objective, options, 1500);
    ASSERT_EQ(fault_of(instance, problem, schedule), "");
    ASSERT_EQ(score, score_of(problem, schedule));
  }
}

// How many of the instances that fit their window are solved as well as can be.
std::pair<int, int> against_oracle(const RandomInstanceOptions& random, bool jitter) {
  int optimal = 0, judged = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, random);
    const Problem problem(instance);
    Objective objective = every_level();
    std::rotate(objective.begin(), objective.begin() + static_cast<int>(seed % kLevelCount),
                objective.end());
    if (!jitter)
      std::erase_if(objective, [](const LevelSpec& spec) {
        return spec.level == Level::kControlJitter;
      });
    LnsOptions options;
    options.seed = seed;
    const auto [schedule, score] = improve(problem, objective, options, 1500);
    EXPECT_EQ(fault_of(instance, problem, schedule), "");
    if (score.overrun > Nanos(0)) continue;
    const Oracle oracle(instance, {.each_lane = true, .idle_until = Nanos(jitter ? 25 : 0)});
    if (!oracle.feasible()) continue;
    std::vector<int64_t> values;
    for (const LevelSpec& spec : objective) values.push_back(score[spec.level]);
    const std::vector<int64_t> best = oracle.lexicographic(objective);
    // With jitter the oracle sees a part of the starts.
    if (!jitter) {
      EXPECT_GE(values, best);
    }
    ++judged;
    optimal += values <= best;
  }
  std::printf("optimal %d of %d\n", optimal, judged);
  return {optimal, judged};
}

TEST(Lns, NeverBeatsTheOracle) {
  const auto [optimal, judged] = against_oracle({.ops_max = 5, .duration_max = 4}, false);
  EXPECT_GE(optimal, judged * 97 / 100);
}

TEST(Lns, DelaysWhatWouldJitter) {
  const auto [optimal, judged] = against_oracle({.ops_max = 3, .duration_max = 3}, true);
  EXPECT_GE(optimal, judged * 95 / 100);
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
  EXPECT_EQ(fault_of(instance, problem, once.first), "");
}

}  // namespace
}  // namespace takt
