#include "solve/replan.h"

#include <gtest/gtest.h>

#include "base/clock.h"
#include "solve/orders.h"
#include "solve/random_features.h"
#include "solve/robot_instance.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

Schedule built(const Problem& problem, int rule) {
  Builder builder(problem, Nanos(0));
  Schedule schedule;
  builder.build({keys_of(problem, {}), std::vector<int>(problem.size(), rule)}, schedule);
  return schedule;
}

// The window as it is at `now`: what has begun is committed.
Instance at(const Instance& instance, const Schedule& plan, const Problem& problem, Nanos now) {
  Instance rest = instance;
  rest.not_before = now;
  for (uint32_t op = 0; op < problem.size(); ++op) {
    if (plan.start[op] >= now) continue;
    Commitment done{OpId(op), plan.start[op], plan.mode[op], {}};
    for (const uint32_t lane : plan.lanes_of(problem, op)) done.lanes.emplace_back(lane);
    rest.commitments.push_back(std::move(done));
  }
  return rest;
}

Nanos end_of(const Problem& problem, const Schedule& plan) {
  return Nanos(score_of(problem, plan)[Level::kMakespan]);
}

TEST(Replan, KeepsWhatIsCommittedAndIsNoWorseThanItsFirstPlan) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, window_sized());
    const Problem problem(instance);
    const Schedule previous = built(problem, choice::kFastest);
    Rng rng(seed);
    Instance rest = instance;
    rest.commitments.clear();
    rest.outages.clear();
    rest = at(rest, previous, problem,
              Nanos(rng.between(0, end_of(problem, previous).ns)));
    // A lane is lost from now on.
    rest.outages.push_back({LaneId(rng.below(rest.lane_names.size())), rest.not_before,
                            rest.not_before + Nanos(rng.between(1, 20))});
    const Problem later(rest);
    Replanner replanner(later, {.seed = seed});
    const Schedule first = replanner.first(&previous);
    ASSERT_EQ(fault_of(rest, later, first), "");
    const Score score = replanner.score();
    const Schedule better = replanner.improve(Nanos::max(), 300);
    ASSERT_EQ(fault_of(rest, later, better), "");
    EXPECT_FALSE(Ranking(default_objective(rest)).better(score, replanner.score()));
  }
}

TEST(Replan, NothingChangedKeepsThePlan) {
  const Instance instance = robot_instance({.operations = 200});
  const Problem problem(instance);
  Replanner before(problem, {});
  before.first(nullptr);
  const Schedule previous = before.improve(Nanos::max(), 2000);   // by steps: on any machine
  const Instance rest = at(instance, previous, problem, millis(8));
  const Problem later(rest);
  Replanner replanner(later, {});
  const Schedule& first = replanner.first(&previous);
  EXPECT_EQ(fault_of(rest, later, first), "");
  const Ranking ranking(default_objective(rest));
  EXPECT_FALSE(ranking.better(score_of(problem, previous), replanner.score()));
}

// A cluster dies: its operations go elsewhere, not to the end of time.
TEST(Replan, LostLanesAreLeft) {
  const Instance instance = robot_instance({.operations = 200});
  const Problem problem(instance);
  const Schedule previous = built(problem, choice::kThrifty);
  Instance rest = at(instance, previous, problem, millis(5));
  for (uint32_t lane = 0; lane < 4; ++lane)
    rest.outages.push_back({LaneId(lane), rest.not_before, Nanos::max()});
  const Problem later(rest);
  Replanner replanner(later, {});
  const Schedule& first = replanner.first(&previous);
  EXPECT_EQ(fault_of(rest, later, first), "");
  EXPECT_LT(end_of(later, first), seconds(1));
}

// A second job like the last one comes in: the previous plan knows nothing of it.
TEST(Replan, NewJobFindsItsPlace) {
  const Instance instance = robot_instance({.operations = 200});
  const Problem problem(instance);
  const Schedule previous = built(problem, choice::kThrifty);
  Instance rest = at(instance, previous, problem, millis(5));
  Job job = rest.jobs.back();
  const auto shift = static_cast<uint32_t>(rest.operations.size()) - job.first_op;
  for (uint32_t op = job.first_op; op < job.first_op + job.op_count; ++op) {
    rest.operations.push_back(instance.operations[op]);
    rest.operations.back().job = JobId(static_cast<uint32_t>(rest.jobs.size()));
  }
  for (const Precedence& each : instance.precedences)
    if (each.before.value() >= job.first_op)
      rest.precedences.push_back({OpId(each.before.value() + shift),
                                  OpId(each.after.value() + shift), each.delay, each.bytes});
  job.first_op += shift;
  ++job.index;
  rest.jobs.push_back(job);
  ASSERT_TRUE(check_instance(rest).ok());
  const Problem later(rest);
  Replanner replanner(later, {});
  EXPECT_EQ(fault_of(rest, later, replanner.first(&previous)), "");
  EXPECT_EQ(fault_of(rest, later, replanner.improve(Nanos::max(), 100)), "");
}

TEST(Replan, GoesOnWhereItWas) {
  const Instance instance = robot_instance({.operations = 100});
  const Problem problem(instance);
  const Schedule previous = built(problem, choice::kNarrow);
  const Instance rest = at(instance, previous, problem, millis(3));
  const Problem later(rest);
  Replanner at_once(later, {}), in_parts(later, {});
  at_once.first(&previous);
  in_parts.first(&previous);
  at_once.improve(Nanos::max(), 900);
  for (const int64_t steps : {1, 99, 800}) in_parts.improve(Nanos::max(), steps);
  EXPECT_EQ(at_once.score(), in_parts.score());
  EXPECT_EQ(at_once.schedule().start, in_parts.schedule().start);
}

TEST(Replan, EverythingIsCommitted) {
  const Instance instance = robot_instance({.operations = 60});
  const Problem problem(instance);
  const Schedule previous = built(problem, choice::kNarrow);
  const Instance rest = at(instance, previous, problem, seconds(10));
  const Problem later(rest);
  EXPECT_EQ(replan(later, &previous, millis(1)).start, previous.start);
}

}  // namespace
}  // namespace takt
