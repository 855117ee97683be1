#include "solve/window_planner.h"

#include <gtest/gtest.h>

#include <map>

#include "model/verify.h"
#include "solve/make_plan.h"
#include "solve/robot_instance.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

Instance robot(uint32_t operations = 180, Nanos horizon = millis(120)) {
  Instance instance = robot_instance({.operations = operations});
  instance.horizon = horizon;
  return instance;
}

Plan planned(const Instance& instance) {
  SolveOptions options;
  options.steps = 200;
  PlanContext context;
  context.tasks = tasks_of(instance);
  return make_plan(instance, context, options);
}

// A run that keeps to the plan of the base, but is late by as much from the first operation on.
WindowState late_run(const Instance& base, const Plan& plan, Nanos now, Nanos late) {
  WindowState state{now, {}, std::vector<int64_t>(base.tasks.size(), 0)};
  std::vector<int64_t> per_window(base.tasks.size(), 0);
  for (const Job& job : base.jobs) ++per_window[job.task.value()];
  for (int64_t activation = 0; base.horizon * activation <= now; ++activation)
    for (uint32_t j = 0; j < base.jobs.size(); ++j) {
      const Job& job = base.jobs[j];
      JobState made{JobId(j), activation, std::vector<OpState>(job.op_count)};
      bool begun = base.horizon * activation + job.release <= now, done = true;
      for (uint32_t i = 0; i < job.op_count; ++i) {
        const PlanOp& op = plan.operations[job.first_op + i];
        OpState& out = made.ops[i];
        out.start = base.horizon * activation + op.start + late;
        out.expected_end = out.start + op.duration;
        for (const LaneId lane : op.lanes) out.lanes.add(lane.value());
        if (out.expected_end <= now) out.status = OpState::Status::kDone;
        else if (out.start <= now) out.status = OpState::Status::kRunning;
        done = done && out.status == OpState::Status::kDone;
      }
      if (!begun) continue;
      int64_t& next = state.next[job.task.value()];
      next = std::max(next, activation * per_window[job.task.value()] + job.index + 1);
      if (!done) state.jobs.push_back(std::move(made));
    }
  return state;
}

Conditions random_conditions(Rng& rng, const Instance& base, Nanos now) {
  Conditions made;
  if (rng.below(2) == 0)
    for (size_t p = 0; p < base.pools.size(); ++p)
      made.speed_pct.push_back(uint32_t(rng.between(40, 100)));
  for (uint32_t lane = 0; lane < base.lane_names.size(); ++lane)
    if (rng.below(6) == 0) made.lost.add(lane);
  if (rng.below(3) == 0)
    for (const Operation& op : base.operations)
      if (rng.below(5) == 0) made.kernel_pct[op.kernel_hash] = uint32_t(rng.between(50, 300));
  for (uint32_t t = 0; t < base.tasks.size(); ++t)
    if (rng.below(5) == 0) made.inactive.emplace_back(t);
  if (rng.below(2) == 0)
    made.speed_changes.push_back({now + Nanos(rng.between(0, base.horizon.ns)),
                                  PoolId(rng.below(base.pools.size())), 50});
  if (rng.below(2) == 0) {
    const Nanos start = now + Nanos(rng.between(0, base.horizon.ns / 4));
    made.outages.push_back({LaneId(rng.below(base.lane_names.size())), start,
                            start + Nanos(rng.between(1, base.horizon.ns))});
  }
  return made;
}

// By the independent judge, too.
std::vector<Violation> violations(const WindowPlanner& planner) {
  const Instance& instance = planner.problem().instance;
  const Problem problem(instance);
  SolveResult result;
  result.schedule = planner.schedule();
  result.score = score_of(problem, result.schedule);
  for (const LevelSpec& spec : default_objective(instance))
    result.levels.push_back({std::string(name_of(spec.level)), result.score[spec.level]});
  PlanContext context;
  context.tasks = tasks_of(instance);
  return verify(plan_of(problem, result, {}, context), instance);
}

const PlannedOp* find(const WindowPlan& plan, const PlannedJob& job, OpId op) {
  const PlannedJob* found = plan.find(job.job, job.activation);
  for (uint32_t i = 0; found && i < found->op_count; ++i)
    if (plan.ops[found->first_op + i].op == op) return &plan.ops[found->first_op + i];
  return nullptr;
}

// What starts before `from`: as it was before.
void expect_prefix_unchanged(const WindowPlan& before, const WindowPlan& after, Nanos from) {
  for (const PlannedJob& job : after.jobs)
    for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
      const PlannedOp& op = after.ops[i];
      const PlannedOp* old = find(before, job, op.op);
      if (op.mode == PlannedOp::kNoMode || op.start >= from || !old) continue;   // it runs
      EXPECT_EQ(op.start, old->start);
      EXPECT_EQ(op.lanes, old->lanes);
      EXPECT_EQ(op.mode, old->mode);
    }
}

TEST(WindowPlanner, RandomRunsUnderRandomConditions) {
  const Instance base = robot();
  const Plan plan = planned(base);
  ASSERT_TRUE(verify(plan, base).empty());
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const auto window = millis(rng.between(10, 200));
    WindowPlanner planner(base, &plan, {.window = window, .slices = 3, .steps_per_slice = 5,
                                        .seed = seed});
    for (int64_t round = 0; round < 3; ++round) {
      const Nanos now(rng.between(0, base.horizon.ns * 2));
      const WindowState state =
          late_run(base, plan, now, rng.below(2) == 0 ? Nanos(0) : millis(rng.between(0, 40)));
      const Conditions conditions = random_conditions(rng, base, now);
      const Nanos from = now + Nanos(rng.between(0, 1) * rng.between(0, window.ns));
      const WindowPlan before = planner.in_force();
      planner.begin(conditions, state, from, from + window);
      const Instance& made = planner.problem().instance;
      ASSERT_TRUE(check_instance(made).ok()) << check_instance(made).error().message;
      for (int64_t steps = rng.between(1, 4); steps > 0 && !planner.done(); --steps) {
        planner.step();
        const Problem problem(made);
        ASSERT_EQ(fault_of(made, problem, planner.schedule()), "");
        ASSERT_TRUE(violations(planner).empty()) << violations(planner).front().what;
      }
      const Problem solved(made);
      const Score score = planner.done() ? Score{} : score_of(solved, planner.schedule());
      const WindowPlan& after = planner.take();
      EXPECT_EQ(after.from, from);
      expect_prefix_unchanged(before, after, from);
      // One that expects misses is not put in force.
      if (planner.done() || score[Level::kHardMisses] + score[Level::kFirmMisses] > 0) continue;
      for (const PlannedJob& job : after.jobs)
        for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i)
          EXPECT_TRUE(after.ops[i].start < from || after.ops[i].mode == PlannedOp::kNoMode ||
                      (after.ops[i].lanes & conditions.lost).empty());
    }
  }
}

TEST(WindowPlanner, EqualCallsEqualPlans) {
  const Instance base = robot();
  const Plan plan = planned(base);
  const auto plans = [&] {
    WindowPlanner planner(base, &plan, {.window = millis(50), .slices = 5, .steps_per_slice = 10});
    std::vector<WindowPlan> taken;
    for (int64_t n = 1; n < 6; ++n) {
      Conditions conditions;
      if (n % 2) conditions.speed_pct = {70, 100, 100};
      const Nanos now = planner.boundary(n) - millis(3);
      planner.begin(conditions, late_run(base, plan, now, millis(n)), planner.boundary(n),
                    planner.boundary(n + 1));
      while (!planner.done()) planner.step();
      taken.push_back(planner.take());
    }
    return taken;
  };
  const std::vector<WindowPlan> a = plans(), b = plans();
  for (size_t n = 0; n < a.size(); ++n) {
    ASSERT_EQ(a[n].ops.size(), b[n].ops.size());
    for (size_t i = 0; i < a[n].ops.size(); ++i) {
      EXPECT_EQ(a[n].ops[i].start, b[n].ops[i].start);
      EXPECT_EQ(a[n].ops[i].lanes, b[n].ops[i].lanes);
    }
  }
}

// Every job of five hyperperiods is planned, in time and once; windows do not drift.
TEST(WindowPlanner, WindowsSlideThroughAHyperperiod) {
  const Instance base = robot(180, Nanos(123'456'789));
  const Plan plan = planned(base);
  WindowPlanner planner(base, &plan, {.window = millis(30), .slices = 0});
  EXPECT_EQ(planner.boundary(5), base.horizon);
  EXPECT_EQ(planner.boundary(5'000'000), base.horizon * 1'000'000);
  std::map<std::pair<JobId, int64_t>, Nanos> starts;
  for (int64_t n = 1; n < 25; ++n) {
    const Nanos from = planner.boundary(n);
    EXPECT_EQ(planner.window_at(from), n);
    EXPECT_EQ(planner.window_at(from - Nanos(1)), n - 1);
    // As if all went as planned: what the plan in force says is done by `from`.
    WindowState state = late_run(base, plan, from - millis(2), Nanos(0));
    state.jobs.clear();
    planner.begin({}, state, from, planner.boundary(n + 1));
    while (!planner.done()) planner.step();
    const WindowPlan& made = planner.take();
    for (const PlannedJob& job : made.jobs) {
      const Nanos release = base.horizon * job.activation + base.jobs[job.job.value()].release;
      for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
        EXPECT_GE(made.ops[i].start, release);
        auto& start = starts.try_emplace({job.job, job.activation}, Nanos::max()).first->second;
        start = std::min(start, made.ops[i].start);
      }
    }
  }
  for (int64_t activation = 1; activation < 4; ++activation)
    for (uint32_t j = 0; j < base.jobs.size(); ++j)
      EXPECT_TRUE(starts.contains({JobId(j), activation})) << j << " of " << activation;
}

// Windows that come again take their kept plan, moved by whole hyperperiods.
TEST(WindowPlanner, PlansAreUsedAgain) {
  const Instance base = robot();
  const Plan plan = planned(base);
  WindowPlanner planner(base, &plan, {.window = seconds(1), .slices = 4, .kept_plans = 3});
  Conditions slow;
  slow.speed_pct = {100, 100, 90};
  std::map<int64_t, Nanos> first_start;      // by parity of the window
  for (int64_t n = 1; n <= 40; ++n) {
    const Nanos from = planner.boundary(n);
    EXPECT_EQ(from, base.horizon * n);
    planner.begin(n % 2 ? slow : Conditions{}, late_run(base, plan, from - millis(1), Nanos(0)),
                  from, planner.boundary(n + 1));
    if (n != 1) EXPECT_EQ(planner.slices_left(), 0) << n;   // plain ones are the plan given
    while (!planner.done()) planner.step();
    const WindowPlan& made = planner.take();
    ASSERT_FALSE(made.ops.empty());
    const Nanos start = made.ops.front().start - from;
    EXPECT_EQ(first_start.try_emplace(n % 2, start).first->second, start);
  }
  EXPECT_EQ(planner.reused(), 39u);
}

TEST(WindowPlanner, LostAcceleratorSlowClusterAndInactiveTasks) {
  const Instance base = robot();
  const Plan plan = planned(base);
  WindowPlanner planner(base, &plan, {.slices = 0});
  Conditions conditions;
  conditions.lost.add(8);
  conditions.speed_pct = {50, 100, 100};
  conditions.inactive = {TaskId(3u)};
  planner.begin(conditions, {Nanos(0), {}, std::vector<int64_t>(base.tasks.size(), 0)},
                Nanos(0), base.horizon);
  planner.step();
  const WindowPlan& made = planner.take();
  EXPECT_TRUE(made.impossible.empty());
  size_t ops = 0;
  for (const Operation& op : base.operations)
    ops += base.jobs[op.job.value()].task != TaskId(3u);
  EXPECT_EQ(made.ops.size(), ops);
  for (const PlannedOp& op : made.ops) {
    EXPECT_FALSE(op.lanes.has(8));
    const Mode& mode = base.operations[op.op.value()].modes[op.mode];
    const bool slow = mode.demands.front().pool == PoolId(0u);
    EXPECT_EQ(op.duration, slow ? mode.duration * 2 : mode.duration);
  }
}

// What only a lost lane can run is left out by name.
TEST(WindowPlanner, ImpossibleJobsAreNamed) {
  Instance base = robot();
  Operation& op = base.operations[base.jobs[0].first_op];
  op.modes = {{{{PoolId(1u), 1}, {PoolId(2u), 1}}, "npu", micros(10)}};
  WindowPlanner planner(base, nullptr, {.slices = 0});
  Conditions conditions;
  conditions.lost.add(8);
  planner.begin(conditions, {Nanos(0), {}, std::vector<int64_t>(base.tasks.size(), 0)},
                Nanos(0), base.horizon);
  planner.step();
  const WindowPlan& made = planner.take();
  EXPECT_EQ(made.impossible, std::vector<JobId>{JobId(0u)});
  EXPECT_EQ(made.find(JobId(0u), 0), nullptr);
  EXPECT_EQ(made.ops.size(), base.operations.size() - base.jobs[0].op_count);
}

}  // namespace
}  // namespace takt
