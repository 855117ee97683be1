#include "app/mission_tasks.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

MissionTask task_of(Period period, Nanos phase, Nanos deadline, Criticality criticality) {
  MissionTask task;
  task.spec.name = "t";
  task.spec.period = period;
  task.spec.phase = phase;
  task.spec.deadline = deadline;
  task.spec.criticality = criticality;
  return task;
}

TEST(MissionTask, CountsTheJobsReleasedBeforeTheEnd) {
  MissionOptions options;
  options.duration = millis(10);
  const auto jobs = [&](Period period, Nanos phase) {
    return task_of(period, phase, millis(1), Criticality::kHard).job_count(options);
  };
  EXPECT_EQ(jobs({2'000'000, 1}, Nanos(0)), 5u);     // 0, 2, 4, 6, 8 ms
  EXPECT_EQ(jobs({2'000'000, 1}, Nanos(1)), 5u);
  EXPECT_EQ(jobs({3'000'000, 1}, Nanos(0)), 4u);     // 0, 3, 6, 9 ms
  EXPECT_EQ(jobs({100'000'000, 3}, Nanos(0)), 1u);
  EXPECT_EQ(jobs({2'000'000, 1}, millis(10)), 0u);   // released at the end: not in the run
  options.jobs_max = 3;
  EXPECT_EQ(jobs({2'000'000, 1}, Nanos(0)), 3u);
  options.duration = seconds(1);
  options.jobs_max = 0;
  EXPECT_EQ(jobs({100'000'000, 3}, Nanos(0)), 30u);  // 30 Hz for a second, no drift
}

TEST(MissionTask, OnlySoftWorkThatIsTooLateIsShed) {
  const Nanos origin = seconds(5);
  const Period period{2'000'000, 1};
  const auto sheds = [&](Criticality criticality, Nanos now) {
    return task_of(period, Nanos(0), millis(2), criticality).sheds(origin, 1, now);
  };
  const Nanos deadline = origin + millis(4);
  EXPECT_FALSE(sheds(Criticality::kSoft, deadline - Nanos(1)));
  EXPECT_TRUE(sheds(Criticality::kSoft, deadline));
  EXPECT_TRUE(sheds(Criticality::kBestEffort, deadline));
  EXPECT_FALSE(sheds(Criticality::kHard, deadline + seconds(1)));
  EXPECT_FALSE(sheds(Criticality::kFirm, deadline + seconds(1)));
}

TEST(MissionTask, AJobIsDoneUpToItsDeadlineAndMissedAfter) {
  MissionTask task = task_of({2'000'000, 1}, Nanos(0), millis(2), Criticality::kHard);
  task.record_done(Nanos(0), 0, millis(2));
  task.record_done(Nanos(0), 1, millis(4) + Nanos(1));
  ASSERT_EQ(task.events.size(), 2u);
  EXPECT_EQ(static_cast<JobOutcome>(task.events[0].value), JobOutcome::kDone);
  EXPECT_EQ(static_cast<JobOutcome>(task.events[1].value), JobOutcome::kMissed);
  EXPECT_EQ(task.events[1].begin, millis(2));
}

}  // namespace
}  // namespace takt
