#include "solve/solve.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "base/rng.h"
#include "solve/exact/cpsat_for_tests.h"
#include "solve/random_features.h"
#include "solve/robot_instance.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

TEST(Solve, LargerInstancesAreValidWithHandoff) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(
        seed,
        {.pools_max = 3, .lanes_max = 8, .jobs_max = 12, .ops_min = 40, .ops_max = 120});
    const Problem problem(instance);
    SolveOptions options;
    options.handoff = Nanos(static_cast<int64_t>(seed % 3));
    options.steps = 500;
    const SolveResult found = solve(problem, options);
    ASSERT_EQ(fault_of(instance, problem, found.schedule), "");
    EXPECT_EQ(found.score, score_of(problem, found.schedule));
  }
}

// Jobs that visit every machine once, in an order of their own; every third operation has an
// alternative.
Instance shop(uint32_t jobs, uint32_t machines) {
  Rng rng(7);
  Instance instance;
  instance.name = "shop";
  instance.tasks = {{.name = "job"}};
  for (uint32_t m = 0; m < machines; ++m) {
    instance.lane_names.push_back("m" + std::to_string(m));
    instance.pools.push_back({.name = instance.lane_names.back(), .lanes = {LaneId(m)}});
  }
  for (uint32_t j = 0; j < jobs; ++j) {
    const auto first = static_cast<uint32_t>(instance.operations.size());
    instance.jobs.push_back({.task = TaskId(0u), .index = j, .deadline = Nanos::max(),
                             .first_op = first, .op_count = machines});
    const auto offset = static_cast<uint32_t>(rng.below(machines));
    for (uint32_t k = 0; k < machines; ++k) {
      Operation op;
      op.job = JobId(j);
      op.graph_op = k;
      for (uint32_t a = 0; a < (k % 3 == 0 ? 2u : 1u); ++a)
        op.modes.push_back({{{PoolId((offset + k * (1 + j % 2) + a) % machines), 1}}, "default",
                            Nanos(rng.between(1, 99))});
      if (k > 0) instance.precedences.push_back({OpId(first + k - 1), OpId(first + k), Nanos(0)});
      instance.operations.push_back(std::move(op));
    }
  }
  return instance;
}

Instance robot() {
  RobotOptions options;
  options.operations = 55;
  options.load_percent = 110;
  return robot_instance(options);
}

void expect_same_plan_whatever_the_threads(const Instance& instance, int64_t steps) {
  const Problem problem(instance);
  std::optional<SolveResult> first;
  for (const int threads : {1, 2, 3, 4}) {
    SCOPED_TRACE(std::to_string(threads) + " threads");
    SolveOptions options;
    options.seed = 3;
    options.steps = steps;
    options.threads = threads;
    options.time_limit = Nanos(1);               // has no part in it
    const SolveResult found = solve(problem, options);
    EXPECT_EQ(fault_of(instance, problem, found.schedule), "");
    EXPECT_GE(found.steps, steps / 2);
    EXPECT_LE(found.steps, steps + 1000);
    if (!first) first = found;
    EXPECT_EQ(found.steps, first->steps);
    EXPECT_EQ(found.score, first->score);
    EXPECT_EQ(found.schedule.start, first->schedule.start);
    EXPECT_EQ(found.schedule.mode, first->schedule.mode);
    EXPECT_EQ(found.schedule.lanes, first->schedule.lanes);
    for (size_t i = 0; i < found.levels.size(); ++i)
      EXPECT_EQ(found.levels[i].bound, first->levels[i].bound);
  }
}

TEST(Solve, StepsGiveOnePlanWhateverTheThreadsOnAShop) {
  expect_same_plan_whatever_the_threads(shop(12, 6), 80'000);
}

TEST(Solve, StepsGiveOnePlanWhateverTheThreadsOnARobot) {
  expect_same_plan_whatever_the_threads(robot(), 20'000);
}

// At the first plan, in the middle of the search, in the middle of CP-SAT: any moment.
TEST(Solve, CancelledItReturnsWhatItHas) {
  const Instance instances[] = {shop(10, 10), robot()};
  for (uint64_t seed = 1; seed <= 16; ++seed)
    for (const Instance& instance : instances) {
      SCOPED_TRACE(instance.name + ", seed " + std::to_string(seed));
      const Problem problem(instance);
      std::stop_source cancel;
      SolveOptions options;
      options.seed = seed;
      options.threads = 1 + static_cast<int>(seed % 3);
      options.time_limit = seconds(100);
      options.cpsat_library = cpsat_for_tests();
      options.cancel = cancel.get_token();
      uint64_t events = 0;
      const uint64_t last = Rng(seed).below(12);
      if (last == 0) cancel.request_stop();
      const auto count = [&] {
        if (++events == last) cancel.request_stop();
      };
      options.on_improvement = [&](const Improvement&, const Schedule&) { count(); };
      options.on_bound = [&](Level, int64_t, Nanos) { count(); };
      std::jthread later([&cancel] {               // should there be fewer events than that
        const Nanos until = monotonic_now() + millis(300);
        while (!cancel.stop_requested() && monotonic_now() < until) std::this_thread::yield();
        cancel.request_stop();
      });
      const SolveResult found = solve(problem, options);
      EXPECT_EQ(fault_of(instance, problem, found.schedule), "");
      EXPECT_LT(found.total, seconds(50));
    }
}

TEST(Solve, KeepsItsTimeLimitWhateverEngineRuns) {
  const Instance instances[] = {shop(20, 15), robot()};
  for (const Instance& instance : instances)
    for (const int threads : {1, 2})
      for (const int64_t limit_ms : {1, 30, 400}) {
        SCOPED_TRACE(instance.name + ' ' + std::to_string(threads) + " threads, " +
                     std::to_string(limit_ms) + " ms");
        const Problem problem(instance);
        SolveOptions options;
        options.threads = threads;
        options.time_limit = millis(limit_ms);
        options.cpsat_library = cpsat_for_tests();
        const SolveResult found = solve(problem, options);
        EXPECT_EQ(fault_of(instance, problem, found.schedule), "");
        // 50 ms where there is a processor for each thread; here others run as well.
        EXPECT_LT(found.total, options.time_limit + seconds(2));
        EXPECT_GT(found.memory_bytes, 1'000'000u);
        EXPECT_LE(found.first_at, found.best_at);
        EXPECT_LE(found.best_at, found.total);
      }
}

TEST(Solve, SaysWhyTheExactEngineStaysOut) {
  const Instance instance = shop(10, 10);
  const Problem problem(instance);
  SolveOptions options;
  options.threads = 2;
  options.time_limit = millis(300);
  EXPECT_NE(solve(problem, options).exact.find("stayed out"), std::string::npos);
  options.cpsat_library = "/nowhere/libortools.so";
  const SolveResult found = solve(problem, options);
  EXPECT_NE(found.exact.find("/nowhere/libortools.so"), std::string::npos) << found.exact;
  EXPECT_GT(found.steps, 0);
}

TEST(Solve, AHintIsWhereItStarts) {
  const Instance instance = shop(10, 10);
  const Problem problem(instance);
  SolveOptions options;
  options.steps = 3000;
  const SolveResult before = solve(problem, options);
  options.hint = before.schedule;
  options.steps = 1;
  EXPECT_LE(solve(problem, options).score[Level::kMakespan], before.score[Level::kMakespan]);
}

Instance two_lanes() {
  Instance instance;
  instance.lane_names = {"a", "b"};
  instance.pools = {{"cores", {LaneId(0u), LaneId(1u)}}};
  return instance;
}

void add_op(Instance& instance, const std::vector<int64_t>& duration_by_width) {
  Operation op;
  op.job = JobId(instance.jobs.size() - 1);
  op.graph_op = instance.jobs.back().op_count++;
  int width = 1;
  for (const int64_t duration : duration_by_width) {
    op.modes.push_back({{{PoolId(0u), width}}, "default", Nanos(duration)});
    width *= 2;
  }
  instance.operations.push_back(op);
}

void add_job(Instance& instance, uint32_t task, uint32_t index, int64_t release,
             int64_t deadline) {
  instance.jobs.push_back({TaskId(task), index, Nanos(release), Nanos(deadline),
                           static_cast<uint32_t>(instance.operations.size()), 0});
}

SolveOptions steps(int64_t steps) {
  SolveOptions options;
  options.steps = steps;
  options.use_whole_budget = true;
  return options;
}

TEST(Solve, WidthThatSavesNothingStaysNarrow) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"call", ModuleId(0u), "main", Criticality::kFirm, 0});
  add_job(instance, 0, 0, 0, INT64_MAX);
  add_op(instance, {10, 10});
  add_op(instance, {10, 6});
  instance.precedences.push_back({OpId(0u), OpId(1u), Nanos(0)});
  const Problem problem(instance);
  const SolveResult found = solve(problem, steps(1000));
  EXPECT_EQ(found.score[Level::kMakespan], 16);
  EXPECT_EQ(found.schedule.mode, (std::vector<uint32_t>{0, 1}));
  EXPECT_EQ(found.levels.back().proof, ObjectiveLevel::Proof::kOptimal);
}

// A soft job with one long operation and a hard job every 20: no hard job waits.
TEST(Solve, LongSoftWorkNeverDelaysHardJobs) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"perception", ModuleId(0u), "main", Criticality::kSoft, 0});
  instance.tasks.push_back({"control", ModuleId(1u), "main", Criticality::kHard, 0});
  instance.horizon = Nanos(200);
  add_job(instance, 0, 0, 0, 200);
  add_op(instance, {150, 90});
  for (uint32_t k = 0; k < 10; ++k) {
    add_job(instance, 1, k, 20 * k, 20 * k + 8);
    add_op(instance, {6, 4});
  }
  const Problem problem(instance);
  const SolveResult found = solve(problem, steps(2000));
  EXPECT_EQ(fault_of(instance, problem, found.schedule), "");
  EXPECT_EQ(found.score.overrun, Nanos(0));
  EXPECT_EQ(found.score[Level::kHardMisses], 0);
  EXPECT_EQ(found.score[Level::kSoftTardiness], 0);
}

// More work than lanes: everything is still scheduled, the misses are counted, and nothing is
// called optimal that is no plan.
TEST(Solve, OverloadIsScheduledLate) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"control", ModuleId(0u), "main", Criticality::kHard, 0});
  instance.horizon = Nanos(40);
  for (uint32_t k = 0; k < 4; ++k) {
    add_job(instance, 0, k, 10 * k, 10 * k + 10);
    for (int i = 0; i < 3; ++i) add_op(instance, {15});
  }
  const Problem problem(instance);
  for (const int threads : {0, 1, 2}) {
    SolveOptions options = threads == 0 ? steps(2000) : SolveOptions();
    options.threads = std::max(threads, 1);
    options.time_limit = millis(100);
    options.cpsat_library = cpsat_for_tests();
    const SolveResult found = solve(problem, options);
    EXPECT_EQ(fault_of(instance, problem, found.schedule), "");
    EXPECT_GT(found.score.overrun, Nanos(0));
    EXPECT_EQ(found.score[Level::kHardMisses], 4);
    for (const ObjectiveLevel& level : found.levels)
      EXPECT_EQ(level.proof, ObjectiveLevel::Proof::kLimit) << level.name;
  }
}

TEST(Solve, NothingToDo) {
  const Instance instance = two_lanes();
  const Problem problem(instance);
  const SolveResult found = solve(problem);
  EXPECT_EQ(found.score[Level::kMakespan], 0);
  EXPECT_EQ(found.levels.back().proof, ObjectiveLevel::Proof::kOptimal);
}

}  // namespace
}  // namespace takt
