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
