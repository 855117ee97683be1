// Runs of the executor, replayed in the simulator with their measured durations: every operation
// once, and under strict the same order on every lane, however busy the machine.
// How far the makespans are apart depends on who else wants the cpus: printed, not judged
// (docs/simulator.md has the figures).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/clock.h"
#include "base/rng.h"
#include "run/executor.h"
#include "sim/replay.h"
#include "sim/simulator.h"

namespace takt {
namespace {

constexpr uint32_t kLanes = 2;

struct Dag {
  std::vector<Nanos> durations;
  std::vector<std::vector<uint32_t>> inputs;
};

Dag random_dag(Rng& rng, uint32_t count) {
  Dag dag;
  for (uint32_t i = 0; i < count; ++i) {
    dag.durations.push_back(micros(rng.between(150, 600)));
    dag.inputs.emplace_back();
    for (uint32_t before = i > 6 ? i - 6 : 0; before < i; ++before)
      if (rng.below(3) == 0) dag.inputs.back().push_back(before);
  }
  return dag;
}

// One window with one job, and its plan: each operation in order on the lane that is free first.
std::pair<Instance, Plan> planned(const Dag& dag) {
  Instance instance;
  instance.name = "dag";
  instance.lane_names = {"a.0", "a.1"};
  instance.pools = {{"a", {LaneId(0u), LaneId(1u)}, false, 0}};
  instance.tasks = {{"dag", ModuleId(0u), "main", Criticality::kFirm, 0}};
  const auto count = uint32_t(dag.durations.size());
  instance.jobs = {{TaskId(0u), 0, Nanos(0), seconds(100), 0, count}};
  Plan plan;
  plan.lanes = instance.lane_names;
  plan.window = Nanos::max();
  plan.tasks = {{"dag", ModuleId(0u), "main", Criticality::kFirm, 0, {}, Nanos(0), Nanos::max(),
                 1}};
  Nanos free[kLanes];
  for (uint32_t i = 0; i < count; ++i) {
    instance.operations.push_back({Operation::Kind::kGraphOp, JobId(0u), i, "spin",
                                   {{{{PoolId(0u), 1}}, "default", dag.durations[i]}}});
    const uint32_t lane = free[1] < free[0] ? 1 : 0;
    Nanos start = free[lane];
    for (const uint32_t before : dag.inputs[i]) {
      instance.precedences.push_back({OpId(before), OpId(i), Nanos(0)});
      start = std::max(start, plan.operations[before].end());
    }
    plan.operations.push_back({TaskId(0u), 0, Operation::Kind::kGraphOp, i, "spin", start,
                               dag.durations[i], {LaneId(lane)}, "default"});
    free[lane] = start + dag.durations[i];
  }
  return {std::move(instance), std::move(plan)};
}

Fault spin(const void* context, const void*, LaneContext&, uint32_t, uint32_t) {
  const Nanos until = monotonic_now() + *static_cast<const Nanos*>(context);
  while (monotonic_now() < until) {
  }
  return nullptr;
}

Assignment assignment_of(const Plan& plan) {
  Assignment assignment;
  assignment.by_lane.resize(kLanes);
  for (uint32_t i = 0; i < plan.operations.size(); ++i) {
    const PlanOp& op = plan.operations[i];
    assignment.items.push_back({op.start, op.duration, LaneMask::of(op.lanes[0].value())});
    assignment.by_lane[op.lanes[0].value()].push_back(i);
    assignment.end = std::max(assignment.end, op.end());
  }
  for (auto& order : assignment.by_lane)
    std::stable_sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return plan.operations[a].start < plan.operations[b].start;
    });
  assignment.lanes = LaneMask::first(kLanes);
  return assignment;
}

struct Ended {
  std::atomic<bool> done{false};
  Nanos at;
};

Trace run(const Dag& dag, const Assignment& assignment, const Policy& policy) {
  std::vector<WorkItem> items;
  for (uint32_t i = 0; i < dag.durations.size(); ++i)
    items.push_back({spin, &dag.durations[i], 1, i});
  const Program program = Program::from_deps(std::move(items), dag.inputs);
  ExecutorOptions options;
  options.cpus.assign(kLanes, -1);
  options.policy = &policy;
  options.trace_capacity = 1 << 12;
  options.inline_submit = false;
  options.realtime = true;   // where permitted: others do not take the lanes' cpus away
  options.drop_fault = [](Fault) {};
  Executor executor(options);
  Ended ended;
  Submission* s = executor.acquire();
  s->program = &program;
  s->owner = &ended;
  s->done = [](Submission& submission, Fault) {
    auto& end = *static_cast<Ended*>(submission.owner);
    end.at = monotonic_now();
    end.done.store(true);
    end.done.notify_one();
  };
  s->task = 0;
  s->release = s->plan_base = monotonic_now() + millis(3);
  s->deadline = s->release + seconds(100);
  s->criticality = Criticality::kFirm;
  s->assignment = &assignment;
  const Nanos release = s->release;
  executor.submit(s);
  ended.done.wait(false);
  executor.wait_idle();
  Trace trace;
  trace.lanes = {"a.0", "a.1"};
  trace.tasks = {"dag"};
  trace.origin = release;
  executor.drain_trace([&](const TraceEvent& e) {
    if (e.kind == TraceEvent::Kind::kOp) trace.events.push_back(e);
  });
  TraceEvent end;
  end.kind = TraceEvent::Kind::kJobEnd;
  end.task = 0;
  end.begin = release;
  end.end = ended.at;
  trace.events.push_back(end);
  std::stable_sort(trace.events.begin(), trace.events.end(),
                   [](const TraceEvent& a, const TraceEvent& b) { return a.begin < b.begin; });
  return trace;
}

struct Case {
  const char* policy;
  // Else what has become ready when a lane is free depends on who else had its cpu.
  bool keeps_order;
};

class ReplayTest : public ::testing::TestWithParam<Case> {};

TEST_P(ReplayTest, TheSimulatorOrdersARunAsTheExecutorDid) {
  const Policy& policy = **find_policy(GetParam().policy);
  const uint64_t seed = 20261124;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  for (int round = 0; round < 3; ++round) {
    const Dag dag = random_dag(rng, 60);
    const auto [instance, plan] = planned(dag);
    const Assignment assignment = assignment_of(plan);
    ReplayMatch best;
    for (int attempt = 0; attempt < 5; ++attempt) {
      const Trace recorded = run(dag, assignment, policy);
      const Result<Replay> replay = replay_of(instance, &plan, recorded);
      ASSERT_TRUE(replay.ok()) << replay.error().message;
      const SimInput input = *make_sim_input(replay->instance, &*replay->plan, {replay->tiles});
      SimOptions options;
      options.policy = &policy;
      options.informed = false;
      const SimResult simulated = *simulate(input, options);
      const ReplayMatch match = compare_replay(*replay, recorded, simulated.trace);
      EXPECT_EQ(match.shares, 60);
      if (GetParam().keeps_order) {
        EXPECT_EQ(match.moved, 0);
        EXPECT_EQ(match.swapped, 0);
      }
      if (attempt == 0 ||
          std::abs(match.makespan_error_pct()) < std::abs(best.makespan_error_pct()))
        best = match;
    }
    std::printf("round %d: makespan %.2f ms, %.2f %% off in the simulator\n", round,
                best.recorded_makespan.ms(), best.makespan_error_pct());
  }
}

INSTANTIATE_TEST_SUITE_P(Policies, ReplayTest,
                         ::testing::Values(Case{"hybrid", false}, Case{"strict", true},
                                           Case{"pinned", false}, Case{"dynamic", false},
                                           Case{"jobshop", false}),
                         [](const auto& which) { return std::string(which.param.policy); });

}  // namespace
}  // namespace takt
