#include "model/workload.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "model/random_model.h"

namespace takt {
namespace {

TEST(Workload, WrittenAndReadAgainIsTheSame) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Workload written = random_workload(rng);
    const std::string text = write_workload(written);
    const Result<Workload> workload = parse_workload(text, "/anywhere/w.yaml");
    ASSERT_TRUE(workload.ok()) << workload.error().message << "\n" << text;
    EXPECT_EQ(write_workload(*workload), text);
    ASSERT_EQ(workload->tasks.size(), written.tasks.size());
    for (size_t i = 0; i < workload->tasks.size(); ++i)
      EXPECT_EQ(workload->tasks[i].period, written.tasks[i].period) << text;
  }
}

constexpr char kRobot[] = R"(
format: takt-workload
version: 1
name: robot
modules:
  - {name: policy, path: models/policy.mlir}
  - {name: dronet, path: ../dronet.vmfb, function: predict}
tasks:
  - {name: control, module: policy, rate: 500, criticality: hard}
  - {name: see, module: dronet, rate: 30, deadline: 20ms, phase: 500us, priority: 3}
  - {name: slow, module: dronet, rate: 29.97}
  - {name: odd, module: policy, period: 100000000/3ns}
)";

TEST(Workload, TimesAreExactAndDefaultsFilled) {
  const Result<Workload> workload = parse_workload(kRobot, "/home/robot/w.yaml");
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  EXPECT_EQ(workload->modules[0].path, "/home/robot/models/policy.mlir");
  EXPECT_EQ(workload->modules[1].path, "/home/dronet.vmfb");
  EXPECT_EQ(workload->modules[0].function, "main");
  EXPECT_EQ(workload->modules[1].function, "predict");
  EXPECT_EQ(workload->tasks[0].period, (Period{2'000'000, 1}));
  EXPECT_EQ(workload->tasks[0].deadline, millis(2));
  EXPECT_EQ(workload->tasks[0].criticality, Criticality::kHard);
  EXPECT_EQ(workload->tasks[1].period, (Period{100'000'000, 3}));
  EXPECT_EQ(workload->tasks[1].deadline, millis(20));
  EXPECT_EQ(workload->tasks[1].phase, micros(500));
  EXPECT_EQ(workload->tasks[2].period, (Period{100'000'000'000, 2997}));
  EXPECT_EQ(workload->tasks[3].period, workload->tasks[1].period);
  EXPECT_EQ(workload->tasks[1].period.release(3), millis(100));
}

constexpr char kDock[] = R"(
format: takt-workload
version: 1
name: dock
modules: [{name: m, path: m.mlir}]
tasks:
  - {name: see, module: m, rate: 20, phase: 1ms, deadline: 30ms}
  - {name: track, module: m, on: see, arrival_pct: 40, overrun: abort}
  - {name: button, module: m, min_separation: 1s, criticality: soft}
  - {name: drive, module: m, rate: 100, criticality: hard}
edges:
  - {from: see, to: track, mode: every, buffer: 2}
  - {from: track, to: drive, staleness: 80ms}
chains:
  - {name: follow, tasks: [see, track], deadline: 45ms}
modes:
  - {name: cruise, tasks: [see, track, drive]}
  - {name: dock, tasks: [drive, button], rates: [{task: drive, rate: 250}]}
  - {name: look, tasks: [see, track], rates: [{task: see, rate: 50}]}
window: 20ms
throttling: [{at: 2s, cluster: big, pct: 60}, {at: 5s, cluster: big, pct: 100}]
energy: save
)";

TEST(Workload, TasksComeByEventsAndAtLeastSoFarApart) {
  const Result<Workload> workload = parse_workload(kDock, "/w.yaml");
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  const Task& track = workload->tasks[1];
  EXPECT_EQ(track.arrival, Arrival::kEvent);
  EXPECT_EQ(track.on, TaskId(0u));
  EXPECT_EQ(track.period, (Period{50'000'000, 1}));
  EXPECT_EQ(track.phase, millis(1));
  EXPECT_EQ(track.deadline, millis(50));
  EXPECT_EQ(track.arrival_pct, 40);
  EXPECT_EQ(track.overrun_policy(), Overrun::kAbort);
  EXPECT_EQ(workload->tasks[2].arrival, Arrival::kSporadic);
  EXPECT_EQ(workload->tasks[2].period.length(), seconds(1));
  EXPECT_EQ(workload->tasks[2].overrun_policy(), Overrun::kSkip);
  EXPECT_EQ(workload->tasks[3].overrun_policy(), Overrun::kRunOn);
  EXPECT_EQ(workload->edges[0].buffer, 2);
  EXPECT_EQ(workload->edges[1].staleness, millis(80));
  EXPECT_EQ(workload->window, millis(20));
  ASSERT_EQ(workload->throttling.size(), 2u);
  EXPECT_EQ(workload->throttling[0].at, seconds(2));
  EXPECT_EQ(workload->throttling[0].cluster, "big");
  EXPECT_EQ(workload->throttling[0].pct, 60u);
  EXPECT_EQ(workload->energy, Energy::kSave);
}

TEST(Workload, AModeIsTheWorkloadOfItsTasks) {
  const Result<Workload> workload = parse_workload(kDock, "/w.yaml");
  ASSERT_TRUE(workload.ok()) << workload.error().message;
  const Workload cruise = in_mode(*workload, workload->modes[0]);
  EXPECT_EQ(cruise.tasks.size(), 3u);
  EXPECT_EQ(cruise.edges.size(), 2u);
  EXPECT_EQ(cruise.chains.size(), 1u);
  EXPECT_EQ(cruise.throttling.size(), 2u);
  EXPECT_EQ(cruise.energy, Energy::kSave);

  const Workload dock = in_mode(*workload, workload->modes[1]);
  ASSERT_EQ(dock.tasks.size(), 2u);
  EXPECT_EQ(dock.tasks[0].name, "button");   // in the workload's order
  EXPECT_EQ(dock.tasks[1].name, "drive");
  EXPECT_EQ(dock.tasks[1].period.length(), millis(4));
  EXPECT_EQ(dock.tasks[1].deadline, millis(4));
  EXPECT_TRUE(dock.edges.empty());
  EXPECT_TRUE(dock.chains.empty());

  const Workload look = in_mode(*workload, workload->modes[2]);
  ASSERT_EQ(look.tasks.size(), 2u);
  EXPECT_EQ(look.tasks[0].deadline, millis(20));   // cut to the shorter period
  EXPECT_EQ(look.tasks[1].period.length(), millis(20));
  EXPECT_EQ(look.tasks[1].on, TaskId(0u));
  EXPECT_EQ(workload->tasks[0].period.length(), millis(50));   // the mission is as it was
}

TEST(Workload, EveryModeOfARandomOneIsAWorkload) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Workload workload = random_workload(rng);
    for (const MissionMode& mode : workload.modes) {
      const std::string text = write_workload(in_mode(workload, mode));
      const Result<Workload> read = parse_workload(text, "/w.yaml");
      ASSERT_TRUE(read.ok()) << read.error().message << "\n" << text;
      EXPECT_EQ(read->tasks.size(), mode.tasks.size());
    }
  }
}

Workload with_periods(const std::vector<Period>& periods) {
  Workload workload;
  workload.name = "w";
  for (size_t i = 0; i < periods.size(); ++i) {
    Task task;
    task.name = std::string("t").append(std::to_string(i));
    task.period = periods[i];
    workload.tasks.push_back(task);
  }
  return workload;
}

TEST(Hyperperiod, IsTheLeastWindowOfWholeJobs) {
  const auto of = [](const std::vector<Period>& periods) {
    return hyperperiod(with_periods(periods)).value();
  };
  EXPECT_EQ(of({{2'000'000, 1}, {5'000'000, 1}, {100'000'000, 3}, {100'000'000, 1}}), millis(100));
  EXPECT_EQ(of({{100'000'000, 3}}), millis(100));
  EXPECT_EQ(of({{4'000, 1}, {6'000, 1}}), micros(12));
}

// Against counting: every period divides the window, and no shorter window has that.
TEST(Hyperperiod, AgreesWithCounting) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::vector<Period> periods;
    for (uint64_t i = 0, count = 1 + rng.below(3); i < count; ++i) {
      const int64_t num = rng.between(1, 12), den = rng.between(1, 5);
      periods.push_back({num / std::gcd(num, den), den / std::gcd(num, den)});
    }
    const auto divides = [&](int64_t window) {
      return std::all_of(periods.begin(), periods.end(),
                         [&](Period p) { return window * p.den % p.num_ns == 0; });
    };
    int64_t least = 1;
    while (!divides(least)) ++least;
    EXPECT_EQ(hyperperiod(with_periods(periods)).value().ns, least);
  }
}

TEST(Hyperperiod, NamesThePeriodThatDoesNotFitAndOnesThatDo) {
  const Result<Nanos> window =
      hyperperiod(with_periods({{2'000'000, 1}, {3'001'001, 1}, {5'000'000, 1}}));
  ASSERT_FALSE(window.ok());
  const std::string& message = window.error().message;
  EXPECT_NE(message.find("task 't1' (3001001ns)"), message.npos) << message;
  EXPECT_NE(message.find("'t2' (5ms)"), message.npos) << message;
  EXPECT_NE(message.find("do: 3ms or 3001600ns"), message.npos) << message;
  EXPECT_EQ(window.error().exit_code(), 2);

  const Result<Nanos> too_long = hyperperiod(with_periods({{20'000'000'000, 1}}));
  ASSERT_FALSE(too_long.ok());
  EXPECT_NE(too_long.error().message.find("choose a shorter period"), std::string::npos);
}

}  // namespace
}  // namespace takt
