#include "model/verify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/rng.h"

namespace takt {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const std::vector<Violation>& violations) {
  std::string text;
  for (const Violation& violation : violations) text += violation.what + '\n';
  return text;
}

// Two cores and an NPU that one core drives; two jobs of one task, each with a wide
// operation, an NPU operation after it and a submit.
Instance small_instance() {
  Instance instance;
  instance.lane_names = {"a.0", "a.1", "npu"};
  instance.pools = {{"a", {LaneId(0u), LaneId(1u)}}, {"npu", {LaneId(2u)}}};
  instance.tasks = {{"control", ModuleId(0u), "main", Criticality::kHard, 0}};
  instance.horizon = Nanos(2000);
  const Demand core{PoolId(0u), 1}, cores{PoolId(0u), 2}, npu{PoolId(1u), 1};
  for (uint32_t k = 0; k < 2; ++k) {
    const uint32_t first = 3 * k;
    instance.jobs.push_back({TaskId(0u), k, Nanos(1000 * k), Nanos(1000 * k + 700), first, 3});
    instance.operations.push_back({Operation::Kind::kGraphOp, JobId(k), 0, "k0",
                                   {{{core}, "default", Nanos(200)},
                                    {{cores}, "default", Nanos(120)}}});
    instance.operations.push_back({Operation::Kind::kGraphOp, JobId(k), 1, "k1",
                                   {{{core}, "default", Nanos(400)},
                                    {{core, npu}, "default", Nanos(100)}}});
    instance.operations.push_back({Operation::Kind::kSubmit, JobId(k), 0, "submit",
                                   {{{core}, "default", Nanos(50)}}});
    instance.precedences.push_back({OpId(first), OpId(first + 1), Nanos(10)});
    instance.precedences.push_back({OpId(first + 1), OpId(first + 2), Nanos(0)});
  }
  instance.precedences.push_back({OpId(2u), OpId(3u), Nanos(0)});
  return instance;
}

constexpr char kPlan[] = R"({
  "format": "takt-plan", "version": 1,
  "instance_hash": "HASH", "soc": "tiny",
  "lanes": ["a.0", "a.1", "npu"], "window_ns": 2000,
  "modules": [{"name": "m", "graph": "m.json", "graph_hash": "gh", "vmfb_hash": "vh"}],
  "tasks": [{"name": "control", "module": 0, "function": "main", "criticality": "hard",
             "priority": 0, "period": {"num_ns": 1000, "den": 1}, "phase_ns": 0,
             "deadline_ns": 700, "jobs": 2}],
  "objective": [{"name": "hard_misses", "value": 0, "bound": 0, "proof": "optimal"},
                {"name": "hard_tardiness", "value": 0, "bound": 0, "proof": "optimal"},
                {"name": "makespan", "value": 1660, "bound": 1280, "proof": "gap"},
                {"name": "response", "value": 840, "bound": 400, "proof": "gap"}],
  "provenance": {"solver": "by hand", "seed": 0, "solve_time_ns": 0, "takt_version": "",
                 "host": ""},
  "operations": [
    {"task": 0, "job": 0, "kind": "op", "graph_op": 0, "kernel": "k0",
     "start_ns": 0, "duration_ns": 120, "lanes": [0, 1], "variant": "default"},
    {"task": 0, "job": 0, "kind": "op", "graph_op": 1, "kernel": "k1",
     "start_ns": 130, "duration_ns": 100, "lanes": [1, 2], "variant": "default"},
    {"task": 0, "job": 0, "kind": "submit", "graph_op": 0, "kernel": "submit",
     "start_ns": 230, "duration_ns": 50, "lanes": [0], "variant": "default"},
    {"task": 0, "job": 1, "kind": "op", "graph_op": 0, "kernel": "k0",
     "start_ns": 1000, "duration_ns": 200, "lanes": [0], "variant": "default"},
    {"task": 0, "job": 1, "kind": "op", "graph_op": 1, "kernel": "k1",
     "start_ns": 1210, "duration_ns": 400, "lanes": [1], "variant": "default"},
    {"task": 0, "job": 1, "kind": "submit", "graph_op": 0, "kernel": "submit",
     "start_ns": 1610, "duration_ns": 50, "lanes": [0], "variant": "default"}
  ]
})";

constexpr char kGraph[] = R"({
  "format": "takt-graph", "version": 1, "module": "m", "source": "m.mlir", "vmfb": "m.vmfb",
  "vmfb_hash": "vh", "compiler_version": "", "inputs_hash": "", "flags": [],
  "kernels": [{"entry": "e0", "content_hash": "k0", "binary_hash": "b"},
              {"entry": "e1", "content_hash": "k1", "binary_hash": "b"}],
  "functions": [{"name": "main", "declaration": "", "plannable": true, "reason": "", "regions": 1,
    "resources": [],
    "ops": [
      {"kind": "dispatch", "kernel": 0, "workgroups": [4, 1, 1], "region": 0, "position": 0,
       "wave": 0, "accesses": [], "deps": []},
      {"kind": "dispatch", "kernel": 1, "workgroups": [4, 1, 1], "region": 0, "position": 1,
       "wave": 1, "accesses": [], "deps": [{"op": 0, "kind": "anti", "bytes": 0}]}
    ]}]
})";

struct Change {
  const char* name;
  const char* from;      // text of kPlan, first occurrence
  const char* to;
  const char* expected;  // part of the message, from verify against the instance
  const char* alone;     // part of the message from verify against the graphs; nullptr: unseen
};

std::string changed(const char* from, const char* to) {
  std::string text = kPlan;
  const size_t at = text.find(from);
  CHECK_MSG(at != text.npos, from);
  text.replace(at, std::string_view(from).size(), to);
  if (const size_t hash = text.find("HASH"); hash != text.npos)
    text.replace(hash, 4, small_instance().hash());
  return text;
}

Plan plan_from(const std::string& text) {
  Result<Plan> plan = parse_plan(text, "plan.json");
  CHECK_MSG(plan.ok(), plan.error().message.c_str());
  return *plan;
}

const Change kChanges[] = {
    {"OtherInstance", "HASH", "1234", "the plan is for instance 1234", nullptr},
    {"OtherVmfb", R"("vmfb_hash": "vh")", R"("vmfb_hash": "other")", nullptr,
     "the plan is for .vmfb other, the graph describes vh"},
    {"OtherLanes", R"("npu"])", R"("npx"])", "lanes are not the instance's", nullptr},
    {"OtherWindow", R"("window_ns": 2000)", R"("window_ns": 3000)", "the plan's window is 3us",
     "2 jobs of its period do not fill the window of 3us"},
    {"OtherTask", R"("name": "control")", R"("name": "contrul")",
     "task 'contrul' is not task 'control'", nullptr},
    {"OtherFunction", R"("function": "main")", R"("function": "mein")",
     "name, module, function", "no function 'mein'"},
    {"Overlap", R"("start_ns": 230)", R"("start_ns": 100)",
     "lane a.0 runs two operations at once: task 'control' job 0 operation 0 on a.0+a.1 "
     "[0ns, 120ns) and task 'control' job 0 submit on a.0 [100ns, 150ns)",
     "lane a.0 runs two operations at once"},
    {"PrecedenceDelay", R"("start_ns": 130)", R"("start_ns": 125)",
     "job 0 operation 1 on a.1+npu [125ns, 225ns): starts before task 'control' job 0 operation 0 "
     "on a.0+a.1 [0ns, 120ns) has ended and 10ns have passed",
     "objective 'response': the plan claims 840, it is 835"},
    {"Precedence", R"("start_ns": 1210)", R"("start_ns": 1199)", "starts before",
     "has ended (anti dependency)"},
    {"Release", R"("start_ns": 1000)", R"("start_ns": 999)",
     "starts before its job's release at 1us",
     "starts at 999ns, before its release at 1us"},
    {"SubmitTooEarly", R"("start_ns": 1610)", R"("start_ns": 1600)", "starts before",
     "starts before its job is complete at 1610ns"},
    {"WrongLanes", R"("lanes": [1, 2])", R"("lanes": [2])", "these lanes are none of its modes",
     nullptr},
    {"TooManyLanes", R"("lanes": [1, 2])", R"("lanes": [0, 1, 2])",
     "these lanes are none of its modes", nullptr},
    {"WrongVariant", R"("variant": "default"})", R"("variant": "fast"})",
     "variant 'fast'", nullptr},
    {"WrongDuration", R"("duration_ns": 120)", R"("duration_ns": 119)",
     "planned to take 119ns, its modes on these lanes take 120ns", nullptr},
    {"WidthOneDuration", R"("duration_ns": 200, "lanes": [0])",
     R"("duration_ns": 120, "lanes": [0])",
     "planned to take 120ns, its modes on these lanes take 200ns", nullptr},
    {"OtherKernel", R"("kernel": "k1")", R"("kernel": "k0")", "or another kernel",
     "the plan has kernel k0 here, the graph k1"},
    {"WrongOp", R"("graph_op": 1)", R"("graph_op": 0)", "the instance has task",
     "is planned twice"},
    {"NoSuchOp", R"("graph_op": 1)", R"("graph_op": 7)", "the instance has task",
     "function 'main' has 2 operations"},
    {"Missing",
     R"(,
    {"task": 0, "job": 1, "kind": "submit", "graph_op": 0, "kernel": "submit",
     "start_ns": 1610, "duration_ns": 50, "lanes": [0], "variant": "default"})",
     "", "the plan has 5 operations, the instance 6", "objective 'makespan'"},
    {"MissingGraphOp",
     R"({"task": 0, "job": 0, "kind": "op", "graph_op": 0, "kernel": "k0",
     "start_ns": 0, "duration_ns": 120, "lanes": [0, 1], "variant": "default"},)",
     "", "the plan has 5 operations", "task 'control' job 0: operation 0 is missing"},
    {"Horizon", R"("start_ns": 1610)", R"("start_ns": 1960)", "ends after the window of 2us",
     "ends after the window of 2us"},
    {"ZeroDuration", R"("duration_ns": 50, "lanes": [0])", R"("duration_ns": 0, "lanes": [0])",
     "its duration is not positive", "its duration is not positive"},
    {"LyingMakespan", R"("value": 1660)", R"("value": 1659)",
     "objective 'makespan': the plan claims 1659, it is 1660", "claims 1659, it is 1660"},
    {"LyingHigh", R"("hard_misses", "value": 0, "bound": 0, "proof": "optimal")",
     R"("hard_misses", "value": 1, "bound": 0, "proof": "gap")",
     "objective 'hard_misses': the plan claims 1, it is 0", nullptr},
    {"LyingResponse", R"("value": 840)", R"("value": 800)", "objective 'response'",
     "objective 'response'"},
    {"BoundAboveValue", R"("bound": 1280)", R"("bound": 1661)",
     "the lower bound 1661 is above the value 1660", "is above the value 1660"},
    {"NotOptimal", R"("bound": 1280, "proof": "gap")", R"("bound": 1280, "proof": "optimal")",
     "called optimal, but the bound 1280", "called optimal"},
    {"UnknownObjective", R"("name": "makespan")", R"("name": "beauty")", "'beauty' is not known",
     "'beauty' is not known"},
    {"JobCount", R"("jobs": 2)", R"("jobs": 3)", "has 3 jobs in the plan, 2 in the instance",
     "only 2 of its 3 jobs have operations"},
};

TEST(Verify, AValidPlanHasNoViolation) {
  const Plan plan = plan_from(changed("HASH", small_instance().hash().c_str()));
  EXPECT_EQ(text_of(verify(plan, small_instance())), "");
  const DispatchGraph graph = parse_graph(kGraph, "m.json").value();
  EXPECT_EQ(text_of(verify(plan, std::vector<DispatchGraph>{graph})), "");
}

TEST(Verify, EveryKindOfViolationIsNamed) {
  const DispatchGraph graph = parse_graph(kGraph, "m.json").value();
  for (const Change& change : kChanges) {
    SCOPED_TRACE(change.name);
    const Plan plan = plan_from(changed(change.from, change.to));
    const std::string with_instance = text_of(verify(plan, small_instance()));
    if (change.expected)
      EXPECT_THAT(with_instance, HasSubstr(change.expected));
    else
      EXPECT_EQ(with_instance, "");
    const std::string alone = text_of(verify(plan, std::vector<DispatchGraph>{graph}));
    if (change.alone)
      EXPECT_THAT(alone, HasSubstr(change.alone));
    else
      EXPECT_EQ(alone, "");
  }
}

TEST(Verify, AMissedDeadlineIsNoViolationButDenyingItIs) {
  Instance instance = small_instance();
  for (Job& job : instance.jobs) job.deadline = job.release + Nanos(300);
  Plan plan = plan_from(changed("HASH", "x"));
  plan.instance_hash = instance.hash();
  plan.tasks[0].deadline = Nanos(300);
  const std::string denied = text_of(verify(plan, instance));
  EXPECT_THAT(denied, AllOf(HasSubstr("objective 'hard_misses': the plan claims 0, it is 1"),
                            HasSubstr("objective 'hard_tardiness': the plan claims 0, it is 310")));
  const DispatchGraph graph = parse_graph(kGraph, "m.json").value();
  EXPECT_THAT(text_of(verify(plan, std::vector<DispatchGraph>{graph})),
              HasSubstr("hard_misses': the plan claims 0, it is at least 1"));
  plan.objective[0] = {"hard_misses", 1, 0, ObjectiveLevel::Proof::kGap};
  plan.objective[1] = {"hard_tardiness", 310, 0, ObjectiveLevel::Proof::kGap};
  EXPECT_EQ(text_of(verify(plan, instance)), "");
  EXPECT_EQ(text_of(verify(plan, std::vector<DispatchGraph>{graph})), "");
}

TEST(Verify, ManyViolationsAreCountedNotPrinted) {
  Plan plan = plan_from(changed("HASH", small_instance().hash().c_str()));
  plan.operations.resize(5000, plan.operations[0]);
  const std::vector<Violation> violations = verify(plan, small_instance());
  EXPECT_EQ(violations.size(), 1001u);
  EXPECT_THAT(violations.back().what, HasSubstr("more violations"));
}

TEST(Verify, APlanOfAnotherProblemIsNotComparedOperationByOperation) {
  Plan plan = plan_from(changed("HASH", small_instance().hash().c_str()));
  plan.lanes[0] = "elsewhere";
  plan.operations.pop_back();
  const std::string text = text_of(verify(plan, small_instance()));
  EXPECT_THAT(text, AllOf(HasSubstr("lanes are not the instance's"), HasSubstr("operations, the")));
  EXPECT_THAT(text, Not(HasSubstr("or another kernel")));
}

// Any value of a Plan is judged without a crash, and a damaged one is not called valid.
TEST(Verify, DamagedPlansAreNeverValid) {
  const Instance instance = small_instance();
  const std::vector<DispatchGraph> graphs{parse_graph(kGraph, "m.json").value()};
  const Plan good = plan_from(changed("HASH", instance.hash().c_str()));
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    Plan plan = good;
    PlanOp& op = plan.operations[rng.below(plan.operations.size())];
    switch (rng.below(8)) {
      case 0: op.task = TaskId(static_cast<uint32_t>(rng.between(1, UINT32_MAX))); break;
      case 1: op.job += static_cast<uint32_t>(rng.between(1, UINT32_MAX)); break;
      case 2: op.start = Nanos(static_cast<int64_t>(rng.next() | (1ull << 40))); break;
      case 3: op.duration = Nanos(static_cast<int64_t>(rng.next() | (1ull << 40))); break;
      case 4: op.lanes = {LaneId(static_cast<uint32_t>(rng.between(3, UINT32_MAX)))}; break;
      case 5: op.lanes.clear(); break;
      case 6: op.lanes.push_back(op.lanes[rng.below(op.lanes.size())]); break;
      case 7:
        plan.operations.erase(plan.operations.begin() + static_cast<long>(rng.below(6)));
        break;
    }
    EXPECT_FALSE(verify(plan, instance).empty());
    EXPECT_FALSE(verify(plan, graphs).empty());
  }
}

}  // namespace
}  // namespace takt
