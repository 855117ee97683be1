#include "app/mission_tasks.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

JobSeries series(Period period, Nanos phase, Nanos deadline, Criticality criticality,
                 Nanos start = {}) {
  Task task;
  task.name = "t";
  task.period = period;
  task.phase = phase;
  task.deadline = deadline;
  task.criticality = criticality;
  return {task, 0, start, 0};
}

TEST(JobSeries, CountsTheJobsReleasedBeforeTheEnd) {
  MissionOptions options;
  options.duration = millis(10);
  const auto jobs = [&](Period period, Nanos phase) {
    return series(period, phase, millis(1), Criticality::kHard, seconds(7)).end_of(options);
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
  options.duration = Nanos(0);
  EXPECT_EQ(jobs({100'000'000, 3}, Nanos(0)), UINT64_MAX);
}

TEST(JobSeries, NumbersGoOnAfterAChange) {
  JobSeries later = series({100'000'000, 3}, millis(1), millis(5), Criticality::kHard, seconds(2));
  later.first = 1000;
  EXPECT_EQ(later.release(1000), seconds(2) + millis(1));
  EXPECT_EQ(later.release(1003), seconds(2) + millis(101));
  EXPECT_EQ(later.end_before(seconds(2) + millis(101)), 1003u);
  EXPECT_EQ(later.end_before(seconds(2) + millis(101) + Nanos(1)), 1004u);
  EXPECT_EQ(later.end_before(seconds(1)), 1000u);
}

TEST(JobSeries, OnlySoftWorkThatIsTooLateIsShed) {
  const Nanos origin = seconds(5);
  const Period period{2'000'000, 1};
  const auto sheds = [&](Criticality criticality, Nanos now) {
    return series(period, Nanos(0), millis(2), criticality, origin).sheds(1, now);
  };
  const Nanos deadline = origin + millis(4);
  EXPECT_FALSE(sheds(Criticality::kSoft, deadline - Nanos(1)));
  EXPECT_TRUE(sheds(Criticality::kSoft, deadline));
  EXPECT_TRUE(sheds(Criticality::kBestEffort, deadline));
  EXPECT_FALSE(sheds(Criticality::kHard, deadline + seconds(1)));
  EXPECT_FALSE(sheds(Criticality::kFirm, deadline + seconds(1)));
}

TEST(JobSeries, AJobIsDoneUpToItsDeadlineAndMissedAfter) {
  const JobSeries jobs = series({2'000'000, 1}, Nanos(0), millis(2), Criticality::kHard);
  EXPECT_EQ(jobs.outcome(0, millis(2)), JobOutcome::kDone);
  EXPECT_EQ(jobs.outcome(1, millis(4) + Nanos(1)), JobOutcome::kMissed);
  EXPECT_EQ(jobs.end_event(1, millis(5), JobOutcome::kMissed).begin, millis(2));
}

TEST(JobSeries, TheTaskSaysWhatBecomesOfALateJob) {
  JobSeries jobs = series({2'000'000, 1}, Nanos(0), millis(2), Criticality::kSoft);
  EXPECT_TRUE(jobs.may_be_shed());
  jobs.spec.overrun = Overrun::kRunOn;
  EXPECT_FALSE(jobs.may_be_shed());
  EXPECT_FALSE(jobs.sheds(1, seconds(1)));
  EXPECT_EQ(jobs.give_up_at(1), Nanos::max());
  jobs.spec.overrun = Overrun::kAbort;
  EXPECT_EQ(jobs.give_up_at(1), millis(4));
  EXPECT_FALSE(jobs.sheds(1, seconds(1))) << "it is given up, as missed";
  EXPECT_EQ(jobs.given_up_outcome(1, millis(4)), JobOutcome::kMissed);
  EXPECT_EQ(jobs.given_up_outcome(1, millis(3)), JobOutcome::kShed) << "by the policy";
  jobs.spec.criticality = Criticality::kHard;
  jobs.spec.overrun = Overrun::kSkip;
  EXPECT_TRUE(jobs.sheds(1, millis(4)));
  EXPECT_FALSE(jobs.may_be_shed()) << "policies do not give up hard jobs";
}

}  // namespace
}  // namespace takt
