#include "solve/make_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/verify.h"
#include "solve/random_instance.h"

namespace takt {
namespace {

PlanContext context_of(const Instance& instance) {
  PlanContext context;
  context.soc_name = "random";
  context.takt_version = "test";
  context.host = "none";
  context.modules = {{"module", "module.graph.json", "hash", "hash"}};
  for (const InstanceTask& task : instance.tasks) {
    PlanTask out;
    out.name = task.name;
    out.module = task.module;
    out.function = task.function;
    out.criticality = task.criticality;
    out.deadline = Nanos::max();
    out.jobs = 0;
    context.tasks.push_back(out);
  }
  for (const Job& job : instance.jobs) ++context.tasks[job.task.value()].jobs;
  return context;
}

TEST(MakePlan, VerifyAcceptsEveryPlan) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomInstanceOptions random;
    random.lanes_max = 6;
    random.pools_max = 3;
    random.jobs_max = 8;
    random.ops_min = 1;
    random.ops_max = 60;
    random.deadlines = seed % 4 != 0;
    const Instance instance = random_instance(seed, random);
    SolveOptions options;
    options.seed = seed;
    options.steps = 300;
    options.handoff = Nanos(static_cast<int64_t>(seed % 2));
    const Plan plan = make_plan(instance, context_of(instance), options);
    for (const Violation& violation : verify(plan, instance)) ADD_FAILURE() << violation.what;
    EXPECT_EQ(plan.instance_hash, instance.hash());
    EXPECT_EQ(plan.provenance.seed, seed);
    ASSERT_FALSE(plan.objective.empty());
    EXPECT_EQ(plan.objective.back().name, "makespan");
  }
}

TEST(MakePlan, WrittenAndReadBackItIsTheSame) {
  const Instance instance = random_instance(5);
  const Plan plan = make_plan(instance, context_of(instance), {.steps = 300});
  const std::string text = write_plan(plan);
  const Result<Plan> again = parse_plan(text, "plan.json");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(write_plan(*again), text);
  EXPECT_TRUE(verify(*again, instance).empty());
}

TEST(MakePlan, SameSeedSamePlan) {
  const Instance instance = random_instance(11);
  SolveOptions options;
  options.steps = 1000;
  Plan first = make_plan(instance, context_of(instance), options);
  Plan second = make_plan(instance, context_of(instance), options);
  first.provenance.solve_time = second.provenance.solve_time = Nanos(0);
  EXPECT_EQ(write_plan(first), write_plan(second));
}

}  // namespace
}  // namespace takt
