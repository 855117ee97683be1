// Saving energy: plans on few lanes, windows that keep to them, and a policy that lets the others
// sleep, in the simulator.
#include "app/few_lanes.h"

#include <gtest/gtest.h>

#include "app/lane_saver.h"
#include "app/planning.h"
#include "app/window_simulation.h"

namespace takt {
namespace {

// `tasks` hard ones of 2 ms each, one operation a window of 10 ms, on two slow and two fast lanes.
SimCase some_tasks(uint32_t tasks) {
  SimCase made;
  made.instance.name = "some";
  made.instance.lane_names = {"slow.0", "slow.1", "fast.0", "fast.1"};
  made.instance.pools = {{"slow", {LaneId(0u), LaneId(1u)}}, {"fast", {LaneId(2u), LaneId(3u)}}};
  made.instance.horizon = millis(10);
  made.workload.emplace();
  for (uint32_t t = 0; t < tasks; ++t) {
    const std::string name = "task" + std::to_string(t);
    made.instance.tasks.push_back({name, ModuleId(), "", Criticality::kHard});
    made.instance.jobs.push_back({TaskId(t), 0, Nanos(0), millis(10), t, 1});
    made.instance.operations.push_back(
        {Operation::Kind::kGraphOp, JobId(t), 0, "k" + std::to_string(t),
         {{{{PoolId(0u), 1}}, "default", millis(4)}, {{{PoolId(1u), 1}}, "default", millis(2)}}});
    Task task;
    task.name = name;
    task.period = {millis(10).ns, 1};
    task.deadline = millis(10);
    task.criticality = Criticality::kHard;
    made.workload->tasks.push_back(task);
  }
  return made;
}

LaneMask lanes_of(const Plan& plan) {
  LaneMask used;
  for (const PlanOp& op : plan.operations)
    for (const LaneId lane : op.lanes) used.add(lane.value());
  return used;
}

LaneMask used_by(const Instance& instance, const Schedule& schedule) {
  LaneMask used;
  const Problem problem(instance);
  for (uint32_t op = 0; op < problem.size(); ++op)
    for (const uint32_t lane : schedule.lanes_of(problem, op)) used.add(lane);
  return used;
}

LaneMask awake(const Simulated& simulated) {
  LaneMask lanes;
  for (uint32_t lane = 0; lane < simulated.result.busy.size(); ++lane)
    if (simulated.result.busy[lane] > Nanos(0)) lanes.add(lane);
  return lanes;
}

TEST(FewLanes, AsManyLanesAsItTakesAndTheFastestOnes) {
  const SolveOptions options = PlanningOptions::default_solve();
  for (const auto& [tasks, lanes] : {std::pair(5u, 1u), std::pair(6u, 2u), std::pair(11u, 3u)}) {
    const Instance instance = some_tasks(tasks).instance;
    const std::optional<Schedule> schedule = schedule_on_few_lanes(instance, options);
    ASSERT_TRUE(schedule) << tasks;
    const LaneMask used = used_by(instance, *schedule);
    EXPECT_EQ(used.count(), lanes) << tasks << " tasks";
    EXPECT_TRUE(used.has(2) || used.has(3));
  }
  EXPECT_FALSE(schedule_on_few_lanes(some_tasks(15).instance, options)) << "14 fit";
}

TEST(FewLanes, WhatThePlanLeavesOutSleepsInTheRunAndItsWindows) {
  for (const Energy energy : {Energy::kPerformance, Energy::kSave}) {
    const bool saves = energy == Energy::kSave;
    SimCase which = some_tasks(4);
    which.workload->energy = energy;
    ASSERT_TRUE(add_plan({}, which).ok());
    EXPECT_EQ(lanes_of(*which.plan).count() == 1, saves);
    SimOptions options;
    options.policy = *find_policy(saves ? "hybrid-save" : "hybrid");
    options.windows = 50;
    const SimInput input = *sim_input_of(which, *options.policy);
    const Simulated run = *run_simulation(which, input, options);
    const WindowSimulation windows = *simulate_windows(which, options);
    for (const TaskFigures& task : run.tasks) EXPECT_EQ(task.missed, 0) << task.name;
    if (!saves) {
      EXPECT_GT(awake(run).count(), 1u);
      continue;
    }
    EXPECT_EQ(awake(run), lanes_of(*which.plan));
    EXPECT_EQ(windows.report.late, 0u);
    for (const TaskFigures& task : windows.simulated.tasks) EXPECT_EQ(task.missed, 0) << task.name;
  }
}

TEST(FewLanes, LanesThatSleepWakeWhenAPlannedOneIsLost) {
  SimCase which = some_tasks(5);
  which.workload->energy = Energy::kSave;
  ASSERT_TRUE(add_plan({}, which).ok());
  LaneSaver saver(*which.workload, which.instance, &*which.plan);
  EXPECT_EQ(saver.asleep().count(), 3u);
  EXPECT_EQ(saver.without_asleep({}).lost.count(), 3u);
  Conditions lost;
  lost.lost = lanes_of(*which.plan);
  EXPECT_EQ(saver.without_asleep(lost).lost, lost.lost);
  EXPECT_TRUE(saver.asleep().empty());
}

}  // namespace
}  // namespace takt
