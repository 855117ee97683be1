// Plans of windows in the simulator: the planner as a task of the mission.
#include "app/window_planning.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <map>

#include "app/simulation.h"

namespace takt {
namespace {

// Two cores and an accelerator; "tick" five times a window beside "see" (soft: "log"), some 60 %
// of the time of one core.
Instance small_robot(Nanos horizon) {
  Instance made;
  made.name = "small";
  made.lane_names = {"a.0", "a.1", "npu"};
  made.pools = {{"a", {LaneId(0u), LaneId(1u)}}, {"npu", {LaneId(2u)}}};
  made.tasks = {{"tick", ModuleId(), "", Criticality::kHard},
                {"see", ModuleId(), "", Criticality::kFirm},
                {"log", ModuleId(), "", Criticality::kSoft}};
  made.horizon = horizon;
  const auto add_job = [&](uint32_t task, uint32_t index, Nanos release, Nanos deadline,
                           uint32_t ops, Nanos duration) {
    made.jobs.push_back({TaskId(task), index, release, deadline,
                         uint32_t(made.operations.size()), ops});
    for (uint32_t i = 0; i < ops; ++i) {
      Operation op{Operation::Kind::kGraphOp, JobId(made.jobs.size() - 1), i,
                   "k" + std::to_string(task) + '.' + std::to_string(i),
                   {{{{PoolId(0u), 1}}, "default", duration}}};
      if (task == 1)
        op.modes.push_back({{{PoolId(0u), 1}, {PoolId(1u), 1}}, "npu", duration / 4});
      if (i > 0 || index > 0)
        made.precedences.push_back({OpId(made.operations.size() - 1),
                                    OpId(made.operations.size()), Nanos(0)});
      made.operations.push_back(std::move(op));
    }
  };
  for (uint32_t k = 0; k < 5; ++k)
    add_job(0, k, horizon * k / 5, horizon * k / 5 + horizon / 10, 2, horizon / 50);
  add_job(1, 0, Nanos(0), horizon * 9 / 10, 4, horizon / 12);
  add_job(2, 0, Nanos(0), horizon, 2, horizon / 20);
  return made;
}

SimCase planned_case(const Instance& instance) {
  SimCase made;
  made.instance = instance;
  SimPlanOptions options;
  options.solve.steps = 200;
  const Status planned = add_plan(options, made);
  CHECK_MSG(planned.ok(), planned.ok() ? "" : planned.error().message.c_str());
  return made;
}

struct Outcome {
  SimResult result;
  std::map<JobOutcome, int64_t> hard, all;
  std::map<TraceDecision, int64_t> decisions;
};

Outcome run(const SimCase& which, Planner* planner, uint32_t slices, int64_t windows,
            const std::vector<std::string>& disturbances) {
  const Policy& policy = **find_policy("hybrid");
  const Result<SimInput> input = sim_input_of(which, policy, slices);
  CHECK(input.ok());
  Outcome out;
  SimOptions options;
  options.policy = &policy;
  options.windows = windows;
  options.trace = false;
  options.planner = planner;
  options.disturbances = disturbances;
  options.sink = [&](const TraceEvent& event) {
    if (event.kind == TraceEvent::Kind::kDecision) ++out.decisions[TraceDecision(event.value)];
    if (event.kind != TraceEvent::Kind::kJobEnd || event.task >= 3) return;
    ++out.all[JobOutcome(event.value)];
    if (event.task == 0) ++out.hard[JobOutcome(event.value)];
  };
  Result<SimResult> result = simulate(*input, options);
  CHECK_MSG(result.ok(), result.ok() ? "" : result.error().message.c_str());
  out.result = std::move(*result);
  return out;
}

TEST(WindowPlanning, ASteadyMissionIsPlannedOnce) {
  const SimCase which = planned_case(small_robot(millis(20)));
  WindowPlanning planning(which.instance, &*which.plan);
  const Outcome out = run(which, &planning, planner_slices({}), 200, {});
  EXPECT_EQ(out.all.at(JobOutcome::kDone), 200 * 7);
  EXPECT_EQ(out.all.size(), 1u);
  EXPECT_GE(out.result.plans, 198u);
  EXPECT_TRUE(planning.spent().empty());
  EXPECT_EQ(out.result.replans, 0u);
}

TEST(WindowPlanning, LostLanesAndAcceleratorsAreReplannedFor) {
  const SimCase which = planned_case(small_robot(millis(20)));
  WindowPlanning planning(which.instance, &*which.plan);
  const Outcome out =
      run(which, &planning, planner_slices({}), 300,
          {"lane-loss:lane=a.1,at=1003ms,for=1s", "npu-fault:lane=npu,at=4001ms,for=200ms"});
  EXPECT_EQ(out.hard.size(), 1u);
  EXPECT_EQ(out.hard.at(JobOutcome::kDone), 300 * 5);
  EXPECT_GE(out.result.replans, 4u);
  EXPECT_GE(planning.spent().size(), 4u);
  EXPECT_EQ(out.decisions.at(TraceDecision::kReplanFor), int64_t(out.result.replans));
  for (const PlannedOp& op : planning.planner().in_force().ops)
    EXPECT_NE(op.mode, PlannedOp::kNoMode);
}

TEST(WindowPlanning, OneSeedOneRun) {
  const SimCase which = planned_case(small_robot(millis(20)));
  const auto digest = [&] {
    WindowPlanning planning(which.instance, &*which.plan);
    return run(which, &planning, planner_slices({}), 100,
               {"lane-loss:lane=a.1,at=300ms,for=500ms", "mode:task=see,every=400ms"})
        .result.digest;
  };
  EXPECT_EQ(digest(), digest());
}

// Counts and looks at the heap at some windows.
class Watched final : public Planner {
 public:
  explicit Watched(WindowPlanning& planning) : planning_(planning) {}
  Nanos boundary(int64_t n) const override { return planning_.boundary(n); }
  int64_t window_at(Nanos time) const override { return planning_.window_at(time); }
  bool begin(const Conditions& conditions, const WindowState& state, Nanos from,
             Nanos to) override {
    const int64_t window = window_at(from);
    if (window % 100'000 == 50'000) heap.push_back(mallinfo2().uordblks);
    exact = exact && boundary(window) == from && from == Nanos(999'983) * window;
    return planning_.begin(conditions, state, from, to);
  }
  bool step() override { planning_.step(); }
  const WindowPlan& take() override { return planning_.take(); }

  std::vector<size_t> heap;
  bool exact = true;

 private:
  WindowPlanning& planning_;
};

// A million windows of a prime number of nanoseconds: releases stay exact, memory stays.
TEST(WindowPlanning, AMillionWindows) {
  const SimCase which = planned_case(small_robot(Nanos(999'983)));
  WindowPlanning planning(which.instance, &*which.plan);
  Watched watched(planning);
  const Policy& policy = **find_policy("hybrid");
  const Result<SimInput> input = sim_input_of(which, policy, planner_slices({}));
  constexpr int64_t kWindows = 1'000'000;
  std::map<uint32_t, int64_t> released;
  int64_t missed = 0, drift = 0;
  SimOptions options;
  options.policy = &policy;
  options.windows = kWindows;
  options.trace = false;
  options.planner = &watched;
  options.sink = [&](const TraceEvent& event) {
    if (event.kind == TraceEvent::Kind::kJobEnd)
      missed += JobOutcome(event.value) != JobOutcome::kDone;
    if (event.kind != TraceEvent::Kind::kRelease) return;
    const int64_t per_window = event.task == 0 ? 5 : 1;
    const int64_t n = released[event.task]++;
    const Nanos exact = Nanos(999'983) * (n / per_window) + Nanos(999'983) * (n % per_window) / 5;
    drift += event.begin != exact;
  };
  const Result<SimResult> result = simulate(*input, options);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(released[0], kWindows * 5);
  EXPECT_EQ(released[1], kWindows);
  EXPECT_EQ(drift, 0);
  EXPECT_EQ(missed, 0);
  EXPECT_TRUE(watched.exact);
  EXPECT_TRUE(result->trace.events.empty());
  ASSERT_GE(watched.heap.size(), 9u);
  EXPECT_LE(watched.heap.back(), watched.heap.front() + 64 * 1024);
  EXPECT_GE(result->plans, uint64_t(kWindows - 2));
}

}  // namespace
}  // namespace takt
