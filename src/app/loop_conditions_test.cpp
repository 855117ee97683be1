#include "app/loop_conditions.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

// One task of one kernel of two tiles, a job of 4 ms every 10 ms on two lanes.
class LoopConditionsTest : public testing::Test {
 protected:
  LoopConditionsTest() {
    base_.lane_names = {"cpu.0", "cpu.1"};
    base_.pools = {{"cpu", {LaneId(0u), LaneId(1u)}}};
    base_.tasks = {{"see", ModuleId(0u), "main", Criticality::kFirm}};
    base_.horizon = millis(10);
    base_.jobs.push_back({TaskId(0u), 0, Nanos(0), millis(10), 0, 1});
    base_.operations.push_back({Operation::Kind::kGraphOp, JobId(0u), 0, "kernel",
                                {{{{PoolId(0u), 1}}, "default", millis(4)}}});
    GraphFunction function;
    function.name = "main";
    GraphOp op;
    op.kind = OpKind::kDispatch;
    op.workgroups = {2, 1, 1};
    function.ops.push_back(op);
    compiled_.modules.emplace_back();
    compiled_.modules[0].graph.functions.push_back(function);
    conditions_.emplace(base_, compiled_, std::vector<PlanChange::TaskJobs>{{0, 0}}, 2u, kOrigin,
                        millis(10));
  }

  static constexpr Nanos kOrigin = seconds(5);
  void job(uint64_t number, Nanos took, uint16_t lane = 0) {
    TraceEvent event;
    event.kind = TraceEvent::Kind::kRelease;
    event.task = 0;
    event.job = number;
    event.begin = event.end = kOrigin + millis(10) * int64_t(number);
    conditions_->observe(event);
    event.kind = TraceEvent::Kind::kOp;
    event.lane = lane;
    event.value = 2;
    event.end = event.begin + took;
    conditions_->observe(event);
  }
  Nanos after(int64_t jobs) const { return kOrigin + millis(10) * jobs; }

  Instance base_;
  CompiledWorkload compiled_;
  std::optional<LoopConditions> conditions_;
};

TEST_F(LoopConditionsTest, AsPlannedNothingIsAskedFor) {
  for (uint64_t k = 0; k < 200; ++k) {
    job(k, millis(4));
    EXPECT_FALSE(conditions_->update(after(int64_t(k) + 1), {})) << k;
  }
  EXPECT_EQ(conditions_->now(), Conditions());
}

TEST_F(LoopConditionsTest, LanesComeAndGo) {
  const auto lost = conditions_->update(after(0), LaneMask::of(1));
  ASSERT_TRUE(lost);
  EXPECT_EQ(lost->why.reason, ReplanReason::kLaneLost);
  EXPECT_EQ(lost->subject, "cpu.1");
  EXPECT_EQ(conditions_->now().lost, LaneMask::of(1));
  const auto back = conditions_->update(after(100), {});
  ASSERT_TRUE(back);
  EXPECT_EQ(back->why.reason, ReplanReason::kLaneBack);
  EXPECT_TRUE(conditions_->now().lost.empty());
}

TEST_F(LoopConditionsTest, ASlowerClusterIsNotALongerKernel) {
  conditions_->report_speed(0, 50, after(0));
  const auto slower = conditions_->update(after(1), {});
  ASSERT_TRUE(slower);
  EXPECT_EQ(slower->why.reason, ReplanReason::kSlower);
  EXPECT_EQ(slower->subject, "cpu");
  EXPECT_EQ(conditions_->now().speed_pct, std::vector<uint32_t>{50});
  for (uint64_t k = 1; k < 100; ++k) job(k, millis(8));   // as long as it takes at that speed
  conditions_->update(after(100), {});
  EXPECT_TRUE(conditions_->now().kernel_pct.empty());
}

TEST_F(LoopConditionsTest, AKernelThatTakesLongerIsPlannedLonger) {
  for (uint64_t k = 0; k < 100; ++k) job(k, millis(6));
  const auto longer = conditions_->update(after(100), {});
  ASSERT_TRUE(longer);
  EXPECT_EQ(longer->why.reason, ReplanReason::kDuration);
  EXPECT_EQ(longer->subject, "kernel");
  EXPECT_EQ(conditions_->now().kernel_pct.at("kernel"), 150u);
}

TEST_F(LoopConditionsTest, WorkThatIsNotReleasedIsLessLoad) {
  for (uint64_t k = 0; k < 100; ++k) job(k, millis(4));   // then none comes
  std::optional<LoopReport::Replan> less;
  for (int64_t k = 1; k <= 1000 && !less; ++k) {
    less = conditions_->update(after(k), {});
    EXPECT_FALSE(less && k < 100) << k;
  }
  ASSERT_TRUE(less);
  EXPECT_EQ(less->why.reason, ReplanReason::kLoad);
  EXPECT_LT(less->why.measured_pct, 100u);
}

TEST_F(LoopConditionsTest, ALateJobNamesItsTask) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kDecision;
  event.value = static_cast<uint16_t>(TraceDecision::kReplan);
  event.task = 0;
  event.begin = event.end = after(3);
  conditions_->observe(event);
  const auto late = conditions_->update(after(3), {});
  ASSERT_TRUE(late);
  EXPECT_EQ(late->why.reason, ReplanReason::kLate);
  EXPECT_EQ(late->subject, "see");
}

}  // namespace
}  // namespace takt
