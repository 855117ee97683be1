// What is admitted: every hard and firm job on time in the plan, whatever becomes of the others.
#include "app/hot_swap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace takt {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Case {
  Workload workload;
  PlannedWorkload planned;

  void add(const std::string& name, Criticality criticality, uint32_t late,
           uint32_t impossible = 0) {
    Task task;
    task.name = name;
    task.criticality = criticality;
    workload.tasks.push_back(task);
    InstanceTask planned_task;
    planned_task.name = name;
    planned_task.criticality = criticality;
    planned.instance.tasks.push_back(planned_task);
    TaskReport report;
    report.task = TaskId(workload.tasks.size() - 1);
    report.jobs = 10;
    report.late = late;
    report.impossible = impossible;
    planned.explanation.tasks.push_back(report);
  }
};

TEST(Admission, LateSoftJobsAreNoReason) {
  Case one;
  one.add("control", Criticality::kHard, 0);
  one.add("map", Criticality::kSoft, 10);
  one.add("log", Criticality::kBestEffort, 10);
  EXPECT_TRUE(admit(one.workload, one.planned).ok());
}

TEST(Admission, NamesWhoWouldBeLateAndHowOften) {
  Case one;
  one.add("control", Criticality::kHard, 3, 2);
  one.add("see", Criticality::kFirm, 1);
  one.add("map", Criticality::kSoft, 4);
  one.planned.diagnosis = "the lanes are full";
  const Status refused = admit(one.workload, one.planned);
  ASSERT_FALSE(refused.ok());
  const std::string& why = refused.error().message;
  EXPECT_THAT(why, HasSubstr("task 'control' (hard): 3 of 10 jobs would be late, 2 even alone"));
  EXPECT_THAT(why, HasSubstr("task 'see' (firm): 1 of 10 jobs would be late"));
  EXPECT_THAT(why, Not(HasSubstr("map")));
  EXPECT_THAT(why, HasSubstr("the lanes are full"));
}

TEST(Admission, WhatCannotBePlannedIsNotPromised) {
  Case one;
  one.add("control", Criticality::kHard, 0);
  one.add("map", Criticality::kSoft, 0);
  one.planned.unplanned = {{TaskId(1u), "it branches"}};
  EXPECT_TRUE(admit(one.workload, one.planned).ok());
  one.planned.unplanned = {{TaskId(0u), "it branches"}};
  EXPECT_THAT(admit(one.workload, one.planned).error().message,
              HasSubstr("task 'control' (hard) cannot be planned: it branches"));
}

}  // namespace
}  // namespace takt
