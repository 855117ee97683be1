#include "solve/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "solve/random_features.h"

namespace takt {
namespace {

using ::testing::HasSubstr;

// One lane; a job of one operation each.
class Lane {
 public:
  Lane() {
    instance.name = "lane";
    instance.lane_names = {"a"};
    instance.pools = {{"cpu", {LaneId(0u)}}};
    instance.horizon = Nanos(100);
  }
  InstanceTask& add(const char* name, Criticality criticality, int64_t duration,
                    int64_t deadline) {
    const auto n = static_cast<uint32_t>(instance.operations.size());
    instance.tasks.push_back({name, ModuleId(), "", criticality, 0});
    instance.jobs.push_back(
        {TaskId(instance.tasks.size() - 1), 0, Nanos(0), Nanos(deadline), n, 1});
    instance.operations.push_back(
        {Operation::Kind::kGraphOp, JobId(n), 0, name, {{{{PoolId(0u), 1}}, "default",
                                                         Nanos(duration)}}});
    return instance.tasks.back();
  }
  Admission admission() const {
    const Problem problem(instance);
    return admission_of(problem, solve(problem, {.steps = 500}));
  }
  Instance instance;
};

TEST(Admission, GuaranteesWhatIsInTime) {
  Lane lane;
  lane.add("control", Criticality::kHard, 10, 10);
  lane.add("see", Criticality::kSoft, 20, 30);
  const Admission admission = lane.admission();
  for (const Admitted& one : admission.tasks) EXPECT_EQ(one.verdict, Verdict::kGuaranteed);
  EXPECT_FALSE(admission.refused());
  EXPECT_EQ(text_of(admission), "");
}

TEST(Admission, DegradesTheSoftAndRefusesTheFirmByNameWithTheResource) {
  Lane lane;
  lane.add("control", Criticality::kHard, 10, 10);
  lane.add("see", Criticality::kFirm, 20, 25);
  lane.add("log", Criticality::kSoft, 20, 20);
  const Admission admission = lane.admission();
  EXPECT_EQ(admission.tasks[0].verdict, Verdict::kGuaranteed);
  EXPECT_EQ(admission.tasks[1].verdict, Verdict::kRefused);
  EXPECT_THAT(admission.tasks[1].why, HasSubstr("1 of 1 jobs late by up to "));
  EXPECT_THAT(admission.tasks[1].why, HasSubstr("'cpu' asked for 30ns of 25ns lane time"));
  EXPECT_EQ(admission.tasks[2].verdict, Verdict::kDegraded);
  EXPECT_TRUE(admission.refused());
  EXPECT_THAT(text_of(admission), HasSubstr("see (firm): refused: "));
}

TEST(Admission, SaysWhatIsTooLongAloneOrPastTheWindow) {
  Lane lane;
  lane.add("control", Criticality::kHard, 10, 8);
  EXPECT_THAT(lane.admission().tasks[0].why,
              HasSubstr("job control#0 needs until 10ns even alone, it is due at 8ns"));
  Lane full;
  full.add("see", Criticality::kFirm, 70, 1000);
  full.add("log", Criticality::kFirm, 70, 1000);
  const Admission admission = full.admission();
  EXPECT_TRUE(admission.refused());
  EXPECT_THAT(text_of(admission), HasSubstr("past the end of the window"));
}

TEST(Admission, ChainsSporadicAndUnplannedTasks) {
  Lane lane;
  lane.add("see", Criticality::kFirm, 10, 50);
  lane.add("act", Criticality::kHard, 10, 50);
  lane.instance.precedences = {{OpId(0u), OpId(1u), Nanos(0)}};
  lane.instance.chains = {{"avoid", Nanos(15), {{JobId(0u), JobId(1u)}}}};
  lane.add("stop", Criticality::kHard, 10, 50).arrival = Arrival::kSporadic;
  lane.instance.tasks.push_back({"beside", ModuleId(), "", Criticality::kSoft, 0});
  const Admission admission = lane.admission();
  EXPECT_EQ(admission.tasks[2].verdict, Verdict::kDegraded);
  EXPECT_EQ(admission.tasks[3].verdict, Verdict::kDegraded);
  EXPECT_THAT(admission.tasks[3].why, HasSubstr("not in the plan"));
  EXPECT_EQ(admission.tasks[4].name, "chain avoid");
  EXPECT_EQ(admission.tasks[4].criticality, Criticality::kHard);
  EXPECT_EQ(admission.tasks[4].verdict, Verdict::kRefused);
  EXPECT_EQ(admission.tasks[4].why, "takes up to 20ns, 15ns are allowed");
}

TEST(Admission, DataThatMayBeStale) {
  Workload workload;
  for (const char* name : {"see", "act"}) {
    Task task;
    task.name = name;
    task.period = {10'000'000, 1};
    task.deadline = millis(8);
    workload.tasks.push_back(task);
  }
  DataEdge edge{TaskId(0u), TaskId(1u)};
  workload.edges = {edge};
  EXPECT_TRUE(stale_edges(workload).empty());
  workload.edges[0].staleness = millis(18);
  EXPECT_TRUE(stale_edges(workload).empty());
  workload.edges[0].staleness = millis(17);
  ASSERT_EQ(stale_edges(workload).size(), 1u);
  EXPECT_EQ(stale_edges(workload)[0].name, "edge see -> act");
  EXPECT_EQ(stale_edges(workload)[0].why, "data may be 18ms old, 17ms is allowed");
  workload.edges[0].staleness = seconds(1);
  workload.tasks[0].arrival = Arrival::kSporadic;
  ASSERT_EQ(stale_edges(workload).size(), 1u);
  EXPECT_THAT(stale_edges(workload)[0].why, HasSubstr("need not come"));
}

TEST(Admission, AChangeMayTakeNothingFromWhatStays) {
  Lane before;
  before.add("control", Criticality::kHard, 10, 10);
  before.add("see", Criticality::kFirm, 20, 30);
  before.add("log", Criticality::kSoft, 20, 20);     // degraded
  Lane fits = before;
  fits.add("more", Criticality::kFirm, 20, 60);
  EXPECT_EQ(objections(before.admission(), fits.admission()), "");
  Lane full = before;
  full.add("more", Criticality::kHard, 20, 30);
  const std::string text = objections(before.admission(), full.admission());
  EXPECT_THAT(text, HasSubstr("see (firm): refused: "));
  EXPECT_EQ(text.find("log"), text.npos) << text;    // it was degraded before
  EXPECT_EQ(text.find("control"), text.npos) << text;
}

// Guaranteed exactly when no job of the task is late in the schedule.
TEST(Admission, AgreesWithTheScheduleOnRandomInstances) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed);
    const Problem problem(instance);
    const SolveResult result = solve(problem, {.steps = 50});
    const Admission admission = admission_of(problem, result);
    const std::vector<Nanos> done = completions(problem, result.schedule);
    for (size_t t = 0; t < instance.tasks.size(); ++t) {
      bool in_time = true;
      for (size_t j = 0; j < done.size(); ++j)
        if (instance.jobs[j].task == TaskId(t))
          in_time &= done[j] <= std::min(instance.jobs[j].deadline, instance.horizon);
      EXPECT_EQ(admission.tasks[t].verdict == Verdict::kGuaranteed, in_time);
      EXPECT_EQ(admission.tasks[t].why.empty(), in_time);
    }
  }
}

}  // namespace
}  // namespace takt
