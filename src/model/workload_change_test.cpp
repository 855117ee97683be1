// Changes of a mission's workload: what W' is, and what is refused by which name.
#include "model/workload_change.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

Workload parsed(const std::string& text) {
  const Result<Workload> workload = parse_workload(
      "format: takt-workload\nversion: 1\nname: w\n" + text, "/m/w.yaml");
  EXPECT_TRUE(workload.ok()) << (workload.ok() ? "" : workload.error().message);
  return *workload;
}

Workload mission() {
  return parsed(R"(modules:
  - {name: policy, path: policy.mlir}
  - {name: vision, path: vision.mlir}
tasks:
  - {name: control, module: policy, rate: 200, phase: 3ms, criticality: hard}
  - {name: see, module: vision, period: 40ms}
  - {name: log, module: policy, rate: 10, criticality: soft}
chains:
  - {name: avoid, tasks: [see, control], deadline: 60ms}
edges:
  - {from: see, to: log}
  - {from: control, to: log}
)");
}

Workload extra() {
  return parsed(R"(modules:
  - {name: map, path: map.mlir}
tasks:
  - {name: map, module: map, rate: 5}
  - {name: search, module: map, rate: 5}
chains:
  - {name: find, tasks: [map, search], deadline: 1s}
edges:
  - {from: map, to: search, mode: every}
)");
}

WorkloadChange change_of(WorkloadChange::Kind kind, const std::string& task) {
  WorkloadChange change;
  change.kind = kind;
  change.task = task;
  return change;
}

Workload after(const WorkloadChange& change, const Workload& before = mission()) {
  const Result<Workload> result = changed(before, change);
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
  return *result;
}

std::string refusal(const WorkloadChange& change, const Workload& before = mission()) {
  const Result<Workload> result = changed(before, change);
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.ok() ? 0 : result.error().exit_code(), 2);
  return result.ok() ? "" : result.error().message;
}

std::string name_at(const Workload& workload, TaskId task) {
  return workload.tasks.at(task.value()).name;
}

TEST(WorkloadChange, AddsTasksWithWhatIsTheirs) {
  WorkloadChange change = change_of(WorkloadChange::Kind::kAdd, "");
  change.added = extra();
  const Workload result = after(change);
  ASSERT_EQ(result.tasks.size(), 5u);
  EXPECT_EQ(result.modules.at(result.tasks[4].module.value()).path, "/m/map.mlir");
  ASSERT_EQ(result.chains.size(), 2u);
  EXPECT_EQ(name_at(result, result.chains[1].tasks[1]), "search");
  EXPECT_EQ(name_at(result, result.edges.back().from), "map");
  EXPECT_EQ(result.edges.back().mode, DataEdge::Mode::kEvery);
  EXPECT_EQ(text_of(change), "add map search");
}

TEST(WorkloadChange, AnAddedTaskMayUseAModuleThatIsThere) {
  WorkloadChange change = change_of(WorkloadChange::Kind::kAdd, "");
  change.added = parsed("modules:\n  - {name: policy, path: policy.mlir}\n"
                        "tasks:\n  - {name: two, module: policy, rate: 5}\n");
  const Workload result = after(change);
  EXPECT_EQ(result.modules.size(), 2u);
  EXPECT_EQ(result.tasks.back().module, ModuleId(0u));
}

TEST(WorkloadChange, RefusesWhatIsThereAlready) {
  WorkloadChange change = change_of(WorkloadChange::Kind::kAdd, "");
  change.added = mission();
  EXPECT_THAT(refusal(change), HasSubstr("already has a task 'control'"));
  change.added = extra();
  change.added.modules[0].name = "policy";
  EXPECT_THAT(refusal(change), HasSubstr("module 'policy' is already /m/policy.mlir"));
  change.added = extra();
  change.added.chains[0].name = "avoid";
  EXPECT_THAT(refusal(change), HasSubstr("chain 'avoid'"));
  change.added.tasks.clear();
  EXPECT_THAT(refusal(change), HasSubstr("no task to add"));
}

TEST(WorkloadChange, RemovesATaskItsEdgesAndItsModule) {
  const Workload whole = mission();
  const Workload result = after(change_of(WorkloadChange::Kind::kRemove, "log"));
  EXPECT_EQ(result.tasks.size(), 2u);
  EXPECT_TRUE(result.edges.empty());
  EXPECT_EQ(result.modules.size(), 2u);

  WorkloadChange see = change_of(WorkloadChange::Kind::kRemove, "see");
  EXPECT_THAT(refusal(see), HasSubstr("chain 'avoid'"));
  see.with_chains = true;
  const Workload without = after(see);
  EXPECT_TRUE(without.chains.empty());
  ASSERT_EQ(without.modules.size(), 1u);
  EXPECT_EQ(without.modules[0].name, "policy");
  ASSERT_EQ(without.edges.size(), 1u);
  EXPECT_EQ(name_at(without, without.edges[0].from), "control");
  EXPECT_EQ(name_at(without, without.edges[0].to), "log");
}

TEST(WorkloadChange, TheLastTaskStays) {
  const Workload one = parsed("modules:\n  - {name: m, path: m.mlir}\n"
                              "tasks:\n  - {name: only, module: m, rate: 5}\n");
  EXPECT_THAT(refusal(change_of(WorkloadChange::Kind::kRemove, "only"), one),
              HasSubstr("last task"));
}

TEST(WorkloadChange, ReplacesTheModelOfOneTask) {
  WorkloadChange change = change_of(WorkloadChange::Kind::kReplace, "control");
  change.module_path = "/m/better.mlir";
  const Workload once = after(change);
  const WorkloadModule& module = once.modules.at(once.tasks[0].module.value());
  EXPECT_EQ(module.name, "policy-2");
  EXPECT_EQ(module.path, "/m/better.mlir");
  EXPECT_EQ(module.function, "main");
  EXPECT_EQ(once.modules.at(once.tasks[2].module.value()).path, "/m/policy.mlir");
  EXPECT_EQ(once.tasks[0].phase, millis(3));

  change.module_path = "/m/best.mlir";
  change.function = "run";
  const Workload twice = after(change, once);
  EXPECT_EQ(twice.modules.at(twice.tasks[0].module.value()).name, "policy-3");
  EXPECT_EQ(twice.modules.at(twice.tasks[0].module.value()).function, "run");
  EXPECT_EQ(twice.modules.size(), 3u);
}

TEST(WorkloadChange, ARateKeepsPhaseAndDeadlineWithinThePeriod) {
  WorkloadChange change = change_of(WorkloadChange::Kind::kRate, "control");
  change.period = *parse_rate("500");
  const Workload faster = after(change);
  EXPECT_EQ(faster.tasks[0].period.length(), millis(2));
  EXPECT_EQ(faster.tasks[0].deadline, millis(2));
  EXPECT_LT(faster.tasks[0].phase, millis(2));
  change.period = *parse_rate("30");
  EXPECT_EQ(after(change).tasks[0].deadline, millis(5));
  EXPECT_EQ(text_of(change), "rate of control: 30 Hz");
}

TEST(WorkloadChange, NamesWhatIsNotThereAndWhatIs) {
  for (const WorkloadChange::Kind kind :
       {WorkloadChange::Kind::kRemove, WorkloadChange::Kind::kReplace, WorkloadChange::Kind::kRate})
    EXPECT_THAT(refusal(change_of(kind, "cook")),
                HasSubstr("no task 'cook'; it has: control see log"));
}

Workload with_modes() {
  return parsed(R"(modules:
  - {name: net, path: net.mlir}
tasks:
  - {name: look, module: net, rate: 20}
  - {name: react, module: net, on: look}
  - {name: drive, module: net, rate: 100}
modes:
  - {name: cruise, tasks: [look, react, drive], rates: [{task: drive, rate: 50}]}
  - {name: park, tasks: [drive]}
)");
}

TEST(WorkloadChange, ModesKnowWhatIsAddedAndChanged) {
  WorkloadChange add = change_of(WorkloadChange::Kind::kAdd, "");
  add.added = parsed("modules:\n  - {name: m, path: m.mlir}\ntasks:\n"
                     "  - {name: sense, module: m, rate: 5}\n"
                     "  - {name: note, module: m, on: sense}\n");
  const Workload more = after(add, with_modes());
  EXPECT_EQ(name_at(more, more.tasks[4].on), "sense");
  const Workload parked = *active_workload(more, "park");
  ASSERT_EQ(parked.tasks.size(), 3u);
  EXPECT_EQ(parked.tasks[2].name, "note");
  EXPECT_EQ(name_at(parked, parked.tasks[2].on), "sense");

  WorkloadChange rate = change_of(WorkloadChange::Kind::kRate, "drive");
  rate.period = *parse_rate("25");
  const Workload slower = after(rate, with_modes());
  for (const MissionMode& mode : slower.modes)
    EXPECT_EQ(active_workload(slower, mode.name)->tasks.back().period.length(), millis(40));
}

TEST(WorkloadChange, WhatTriggersAnotherOrIsAModesLastStays) {
  EXPECT_THAT(refusal(change_of(WorkloadChange::Kind::kRemove, "look"), with_modes()),
              HasSubstr("triggers task 'react'"));
  EXPECT_THAT(refusal(change_of(WorkloadChange::Kind::kRemove, "drive"), with_modes()),
              HasSubstr("last one of mode 'park'"));
  EXPECT_THAT(refusal(change_of(WorkloadChange::Kind::kRate, "react"), with_modes()),
              HasSubstr("'look'"));
  WorkloadChange add = change_of(WorkloadChange::Kind::kAdd, "");
  add.added = with_modes();
  EXPECT_THAT(refusal(add), HasSubstr("has modes"));
  const Workload without = after(change_of(WorkloadChange::Kind::kRemove, "react"), with_modes());
  EXPECT_EQ(name_at(without, without.modes[0].rates[0].task), "drive");
}

TEST(WorkloadChange, NamesTheModesThereAre) {
  EXPECT_THAT(active_workload(with_modes(), "fly").error().message,
              HasSubstr("no mode 'fly'; it has: cruise park"));
  EXPECT_THAT(active_workload(mission(), "fly").error().message, HasSubstr("no modes"));
  EXPECT_TRUE(active_workload(mission(), "").ok());
}

// Any series of changes leaves a workload whose file can be read, with the tasks that a list of
// names says it has.
TEST(WorkloadChange, RandomSeriesOfChanges) {
  const uint64_t seed = 20261124;
  Rng rng(seed);
  for (int round = 0; round < 200; ++round) {
    Workload workload = mission();
    std::vector<std::string> names{"control", "see", "log"};
    for (int step = 0; step < 12; ++step) {
      const std::string name = rng.below(5) ? names[rng.below(names.size())] : "nobody";
      WorkloadChange change = change_of(kWorkloadChanges[rng.below(4)], name);
      change.with_chains = rng.below(2) != 0;
      change.module_path = "/m/x" + std::to_string(rng.below(3)) + ".mlir";
      change.period = Period{rng.between(1000, 1'000'000'000), 1};
      change.added = extra();
      const Result<Workload> next = changed(workload, change);
      if (!next.ok()) continue;
      workload = *next;
      if (change.kind == WorkloadChange::Kind::kRemove) std::erase(names, name);
      if (change.kind == WorkloadChange::Kind::kAdd)
        names.insert(names.end(), {"map", "search"});
    }
    ASSERT_EQ(workload.tasks.size(), names.size()) << "seed " << seed << " round " << round;
    for (size_t i = 0; i < names.size(); ++i) EXPECT_EQ(workload.tasks[i].name, names[i]);
    const Result<Workload> again = parse_workload(write_workload(workload), "/m/again.yaml");
    ASSERT_TRUE(again.ok()) << again.error().message << " seed " << seed << " round " << round;
  }
}

}  // namespace
}  // namespace takt
