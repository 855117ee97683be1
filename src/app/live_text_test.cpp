// The live lines of `takt run`: what stands in them, and that they fit the terminal.
#include "app/live_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace takt {
namespace {

using ::testing::HasSubstr;

Workload workload_of(const std::vector<std::string>& names) {
  Workload workload;
  for (const std::string& name : names) {
    Task task;
    task.name = name;
    task.deadline = millis(5);
    workload.tasks.push_back(task);
  }
  return workload;
}

TaskFigures figures_of(const std::string& name, Nanos p99) {
  TaskFigures figures;
  figures.name = name;
  figures.jobs = 120;
  figures.done = 117;
  figures.missed = 2;
  figures.shed = 1;
  figures.response_p99 = p99;
  return figures;
}

TEST(LiveText, JobsMissesQuantileAndSlack) {
  const std::string text = live_text(workload_of({"control"}), {figures_of("control", millis(2))},
                                     millis(2500), 100, 20);
  EXPECT_THAT(text, HasSubstr("2.5 s"));
  EXPECT_THAT(text, HasSubstr("control                120        2       1    2.00 ms    3.00 ms"));
}

TEST(LiveText, LateAndStoppedTasksShowAsSuch) {
  const std::string text =
      live_text(workload_of({"a"}), {figures_of("a", millis(6)), figures_of("gone", millis(1))},
                millis(1), 100, 20);
  EXPECT_THAT(text, HasSubstr("-1.00 ms"));
  EXPECT_THAT(text, HasSubstr("stopped"));
}

TEST(LiveText, FitsEveryTerminal) {
  std::vector<std::string> names;
  std::vector<TaskFigures> figures;
  for (int i = 0; i < 12; ++i) {
    names.push_back("a_task_with_a_long_name_" + std::to_string(i));
    figures.push_back(figures_of(names.back(), millis(i)));
  }
  const Workload workload = workload_of(names);
  for (size_t rows = 1; rows < 16; ++rows) {
    for (const size_t columns : {1u, 20u, 79u, 200u}) {
      const std::string text = live_text(workload, figures, seconds(5), columns, rows);
      EXPECT_LE(static_cast<size_t>(std::count(text.begin(), text.end(), '\n')), rows);
      for (size_t at = 0; at < text.size();) {
        const size_t end = text.find('\n', at);
        ASSERT_NE(end, text.npos);
        EXPECT_LE(end - at, columns);
        at = end + 1;
      }
    }
  }
  EXPECT_THAT(live_text(workload, figures, seconds(5), 80, 5), HasSubstr("... and 9 more"));
}

}  // namespace
}  // namespace takt
