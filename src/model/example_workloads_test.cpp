// The workloads of examples/ are read without complaint, and their periods fit together.
#include <gtest/gtest.h>

#include <filesystem>

#include "model/workload.h"

namespace takt {
namespace {

TEST(ExampleWorkloads, AreReadAndHaveAHyperperiod) {
  int files = 0;
  const std::filesystem::path dir = std::string(TAKT_SOURCE_DIR) + "/examples/workloads";
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    if (entry.path().extension() != ".yaml") continue;
    SCOPED_TRACE(entry.path().string());
    ++files;
    const Result<Workload> workload = read_workload(entry.path().string());
    ASSERT_TRUE(workload.ok()) << workload.error().message;
    EXPECT_EQ(workload->name, entry.path().stem().string());
    const Result<Nanos> length = hyperperiod(*workload);
    ASSERT_TRUE(length.ok()) << length.error().message;
    EXPECT_LE(*length, seconds(1));
    for (const WorkloadModule& module : workload->modules) {
      const auto source = std::filesystem::path(module.path).filename();
      EXPECT_EQ(source.extension(), ".mlir");
      EXPECT_TRUE(std::filesystem::path(module.path).is_absolute());
    }
  }
  EXPECT_GE(files, 3);
}

TEST(ExampleWorkloads, RobotIsTheMissionOfTheBrief) {
  const auto robot =
      read_workload(std::string(TAKT_SOURCE_DIR) + "/examples/workloads/robot.yaml");
  ASSERT_TRUE(robot.ok()) << robot.error().message;
  ASSERT_EQ(robot->tasks.size(), 4u);
  for (const Task& task : robot->tasks) EXPECT_EQ(task.deadline, task.period.length());
  EXPECT_EQ(robot->tasks[0].period, (Period{2'000'000, 1}));
  EXPECT_EQ(robot->tasks[0].criticality, Criticality::kHard);
  EXPECT_EQ(robot->tasks[2].period, (Period{100'000'000, 3}));
}

}  // namespace
}  // namespace takt
