// Causes of misses from hand-made traces. Random missions with injected faults: app/why_test.cpp.
#include "trace/attribution.h"

#include <gtest/gtest.h>

#include "trace/trace_case.h"

namespace takt {
namespace {

// Window 100, two lanes: control at 0..10 on core.0, vision's three operations after it.
const char* const kPlanText = R"(
window 100
lanes core.0 core.1 npu
task control 1 100 0 20
task vision 1 100 0 60
op control 0 0 0 10 core.0
op vision 0 0 10 20 core.0
op vision 0 1 20 40 core.0 core.1
op vision 0 2 40 50 core.0 npu
)";

MissionFacts facts() {
  return {{{"control", {Nanos(20)}, ""}, {"vision", {Nanos(60)}, ""}}, {}, {"npu"}};
}

std::vector<Miss> misses_of(const std::string& events, bool planned = true,
                            const MissionFacts& about = facts()) {
  const Trace trace = trace_case("lanes core.0 core.1 npu\ntasks control vision\n" + events);
  const Plan plan = plan_case(kPlanText);
  return attribute_misses(trace, planned ? &plan : nullptr, about);
}

Nanos sum_of(const Miss& miss) {
  Nanos sum;
  for (const CausePart& part : miss.parts) sum += part.time;
  return sum;
}

void expect_part(const CausePart& part, Cause cause, uint32_t task, int64_t time) {
  EXPECT_EQ(name_of(part.cause), name_of(cause));
  EXPECT_EQ(part.task, task);
  EXPECT_EQ(part.time, Nanos(time));
}

TEST(Attribution, NamesTheOperationThatTookLonger) {
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 0 0 35
end control 0 0 35 missed
release vision 0 0
end vision 0 0 50 done
)");
  ASSERT_EQ(misses.size(), 1u);
  EXPECT_EQ(misses[0].late, Nanos(15));
  ASSERT_EQ(misses[0].parts.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kExecution, 0, 15);
  EXPECT_EQ(misses[0].parts[0].op, 0u);
}

// Vision waits for a lane that control holds because control took 30 longer.
TEST(Attribution, FollowsTheLaneToWhatMadeItsHolderLate) {
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 0 0 40
end control 0 0 40 missed
release vision 0 0
op core.0 vision 0 0 40 50
op core.0 vision 0 1 50 70
op core.1 vision 0 1 50 70
op core.0 vision 0 2 70 80
op npu vision 0 2 70 80
end vision 0 0 80 missed
)");
  ASSERT_EQ(misses.size(), 2u);
  EXPECT_EQ(misses[1].task, 1u);
  EXPECT_EQ(misses[1].late, Nanos(20));
  ASSERT_EQ(misses[1].parts.size(), 1u);
  expect_part(misses[1].parts[0], Cause::kExecution, 0, 20);
}

// Control's second operation of that lane is not in the plan: nothing but load.
TEST(Attribution, QueueingBehindWorkThatIsNotLate) {
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 7 0 40
end control 0 0 40 missed
release vision 0 0
op core.0 vision 0 0 40 50
op core.0 vision 0 1 50 70
op core.1 vision 0 1 50 70
op core.0 vision 0 2 70 80
op npu vision 0 2 70 80
end vision 0 0 80 missed
)");
  ASSERT_EQ(misses.size(), 2u);
  ASSERT_EQ(misses[1].parts.size(), 1u);
  expect_part(misses[1].parts[0], Cause::kQueueing, 0, 20);
}

TEST(Attribution, AnAcceleratorThatOthersHaveOrThatIsNotUsed) {
  auto misses = misses_of(R"(
release control 0 0
op npu control 0 1 35 70
end control 0 0 10 done
release vision 0 0
op core.0 vision 0 0 10 20
op core.0 vision 0 1 20 40
op core.1 vision 0 1 20 40
op core.0 vision 0 2 70 80
op npu vision 0 2 70 80
end vision 0 0 80 missed
)");
  ASSERT_EQ(misses.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kResource, 0, 20);
  EXPECT_EQ(misses[0].parts[0].lane, 2u);
  misses = misses_of(R"(
release vision 0 0
op core.0 vision 0 0 10 20
op core.0 vision 0 1 20 40
op core.1 vision 0 1 20 40
op core.0 vision 0 2 40 90
end vision 0 0 90 missed
)");
  ASSERT_EQ(misses.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kResource, CausePart::kNone, 30);
  EXPECT_EQ(misses[0].parts[0].lane, 2u);
}

// One of two planned lanes is lost, and the operation takes twice as long on the other.
TEST(Attribution, ALaneThatWasLost) {
  const int lost = int(TraceDecision::kLaneLost);
  const auto misses = misses_of(R"(
release vision 0 0
op core.0 vision 0 0 10 20
decision core.1 control 0 )" + std::to_string(lost) + R"( 15
op core.0 vision 0 1 20 60
op core.0 vision 0 2 60 70
op npu vision 0 2 60 70
end vision 0 0 70 missed
)");
  ASSERT_EQ(misses.size(), 1u);
  ASSERT_EQ(misses[0].parts.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kResource, CausePart::kNone, 10);
  EXPECT_EQ(misses[0].parts[0].lane, 1u);
}

TEST(Attribution, NothingHeldTheLane) {
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 0 30 40
end control 0 0 40 missed
)");
  ASSERT_EQ(misses.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kLateStart, CausePart::kNone, 20);
  EXPECT_EQ(misses[0].parts[0].lane, 0u);
}

TEST(Attribution, InputsThatCameLateOrThatAnotherTaskMakes) {
  Trace trace = trace_case(R"(
lanes core.0 core.1 npu
tasks control vision
release control 0 0
op core.0 control 0 0 0 30
end control 0 0 30 missed
release vision 0 0
op core.1 vision 0 0 50 90
end vision 0 0 90 missed
)");
  trace.events.push_back({TraceEvent::Kind::kInputs, 0, 0, 1, 0, 0, 0, Nanos(0), Nanos(45)});
  const auto outside = attribute_misses(trace, nullptr, facts());
  ASSERT_EQ(outside.size(), 2u);
  EXPECT_EQ(sum_of(outside[1]), Nanos(30));
  expect_part(outside[1].parts[0], Cause::kLateInput, 1, 27);      // 45 of 50, scaled to 30
  expect_part(outside[1].parts[1], Cause::kLateStart, CausePart::kNone, 3);

  trace.events.pop_back();
  MissionFacts linked = facts();
  linked.tasks[0].deadlines = {Nanos(48)};
  linked.inputs = {{1, 0, 0, 0, 0, 0}};
  const auto inside = attribute_misses(trace, nullptr, linked);
  EXPECT_EQ(sum_of(inside[1]), Nanos(30));
  expect_part(inside[1].parts[0], Cause::kLateInput, 0, 18);       // 30 of 50

  linked.inputs.clear();
  linked.tasks[1].on = "control";
  expect_part(attribute_misses(trace, nullptr, linked)[1].parts[0], Cause::kLateInput, 0, 18);
}

TEST(Attribution, APlanThatIsLateItself) {
  MissionFacts tight = facts();
  tight.tasks[0].deadlines = {Nanos(8)};
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 0 0 11
end control 0 0 11 missed
)", true, tight);
  ASSERT_EQ(misses.size(), 1u);
  ASSERT_EQ(misses[0].parts.size(), 2u);
  expect_part(misses[0].parts[0], Cause::kNoRoom, 0, 2);
  expect_part(misses[0].parts[1], Cause::kExecution, 0, 1);
}

// A shed job waited from its release on: here behind the job before it, which ran 30 longer.
TEST(Attribution, WhyAJobWasShed) {
  const auto misses = misses_of(R"(
release control 0 0
op core.0 control 0 0 0 140
end control 0 0 140 missed
release control 1 100
end control 1 100 140 shed
)");
  ASSERT_EQ(misses.size(), 2u);
  EXPECT_TRUE(misses[1].shed);
  EXPECT_EQ(misses[1].late, Nanos(40));
  expect_part(misses[1].parts[0], Cause::kExecution, 0, 40);
  const auto sums = sum_causes(misses, 2);
  ASSERT_EQ(sums[0].causes.size(), 1u);
  EXPECT_EQ(sums[0].causes[0].missed, 1);
  EXPECT_EQ(sums[0].causes[0].shed, 1);
  EXPECT_EQ(sums[0].causes[0].main.time, Nanos(160));
  EXPECT_TRUE(sums[1].causes.empty());
}

TEST(Attribution, ATraceWithoutOperationsDoesNotTell) {
  const auto misses = misses_of("release control 0 0\nend control 0 0 31 missed\n");
  ASSERT_EQ(misses.size(), 1u);
  expect_part(misses[0].parts[0], Cause::kUnknown, CausePart::kNone, 11);
}

}  // namespace
}  // namespace takt
