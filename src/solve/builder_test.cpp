#include "solve/builder.h"

#include <gtest/gtest.h>

#include "solve/orders.h"
#include "solve/random_features.h"
#include "solve/robot_instance.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

RandomInstanceOptions larger() {
  RandomInstanceOptions options;
  options.lanes_max = 7;
  options.pools_max = 3;
  options.jobs_max = 9;
  options.ops_min = 10;
  options.ops_max = 60;
  return options;
}

TEST(Builder, EveryRuleGivesValidSchedulesOfEveryFeature) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, larger());
    const Problem problem(instance);
    Builder builder(problem, Nanos(static_cast<int64_t>(seed % 3)));
    Schedule schedule;
    Guide guide{keys_of(problem, {}), {}};
    for (int rule = -1; rule >= -choice::kRules; --rule) {
      guide.choice.assign(problem.size(), rule);
      builder.build(guide, schedule);
      ASSERT_EQ(fault_of(instance, problem, schedule), "") << "rule " << rule;
    }
  }
}

TEST(Builder, CompletesAPartWithoutMovingIt) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, larger());
    const Problem problem(instance);
    Builder builder(problem, Nanos(0));
    Schedule schedule;
    Guide guide{keys_of(problem, {}), std::vector<int>(problem.size(), choice::kEarliest)};
    builder.build(guide, schedule);
    Rng rng(seed);
    std::vector<char> keep(problem.size(), 0);
    for (const uint32_t op : problem.topological()) {
      keep[op] = rng.below(4) != 0;
      for (const Arc& arc : problem.preds(op)) keep[op] = keep[op] && keep[arc.op];
    }
    const Schedule before = schedule;
    guide.choice.assign(problem.size(), choice::kNarrow);
    builder.complete(guide, keep, schedule);
    ASSERT_EQ(fault_of(instance, problem, schedule), "");
    for (uint32_t op = 0; op < problem.size(); ++op)
      if (keep[op]) {
        ASSERT_EQ(before.start[op], schedule.start[op]);
        ASSERT_EQ(before.mode[op], schedule.mode[op]);
      }
  }
}

TEST(Builder, RobotInstancesAreValid) {
  for (const uint32_t operations : {60u, 500u, 2400u}) {
    RobotOptions options;
    options.operations = operations;
    options.load_percent = 110;
    const Instance instance = robot_instance(options);
    const Problem problem(instance);
    Builder builder(problem, Nanos(300));
    Schedule schedule;
    builder.build({keys_of(problem, {}), std::vector<int>(problem.size(), choice::kThrifty)},
                  schedule);
    EXPECT_EQ(fault_of(instance, problem, schedule), "");
  }
}

}  // namespace
}  // namespace takt
