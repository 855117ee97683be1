#include "trace/conformance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "trace/trace_case.h"

namespace takt {
namespace {

constexpr char kPlan[] = R"(
window 100
lanes core.0 core.1
task policy 2 50 0 40
task net 1 100 10 90
op policy 0 0 0 10 core.0
op policy 1 0 50 60 core.0
op net 0 0 10 30 core.0 core.1
op net 0 1 30 70 core.1
)";

constexpr char kHead[] = "origin 1000\nlanes core.0 core.1\ntasks policy net\n";

Conformance of(const std::string& events) {
  return conformance(plan_case(kPlan), trace_case(kHead + events));
}

TEST(Conformance, IsZeroForAPerfectRun) {
  const Conformance c = of(R"(
op core.0 policy 0 0 1000 1010
op core.0 policy 1 0 1050 1060
op core.0 net 0 0 1010 1028
op core.1 net 0 0 1012 1030
op core.1 net 0 1 1030 1070
)");
  EXPECT_EQ(c.matched, 4);
  EXPECT_EQ(c.missing, 0);
  EXPECT_EQ(c.unplanned, 0);
  EXPECT_EQ(c.start_error.max, nanos(0));
  EXPECT_EQ(c.duration_error.max, nanos(0));
  EXPECT_EQ(c.makespan_error_pct, std::vector<double>{0.0});
}

TEST(Conformance, MeasuresEachWindowAgainstItsOwnStart) {
  // Window 1 (from 1100): policy 1 late, policy 2 exact, net longer by 7 = 10 % of 70.
  const Conformance c = of(R"(
op core.0 policy 0 0 1000 1010
op core.0 policy 1 0 1050 1060
op core.0 net 0 0 1010 1030
op core.1 net 0 1 1030 1070
op core.0 policy 2 0 1103 1113
op core.0 policy 3 0 1150 1160
op core.0 net 1 0 1110 1130
op core.1 net 1 1 1129 1177
)");
  EXPECT_EQ(c.matched, 8);
  EXPECT_EQ(c.start_error.p50, nanos(0));
  EXPECT_EQ(c.start_error.max, nanos(3));
  EXPECT_EQ(c.duration_error.max, nanos(8));
  EXPECT_EQ(c.makespan_error_pct, (std::vector<double>{0.0, 10.0}));
  EXPECT_EQ(c.makespan_error_pct_max, 10.0);
}

TEST(Conformance, CountsWhatIsMissingAndWhatIsNotPlanned) {
  const Conformance c = of(R"(
release policy 0 1000
release policy 1 1050
release net 0 1010
op core.0 policy 0 0 1000 1010
op core.0 policy 0 9 1020 1030
op core.1 net 0 1 1030 1070
)");
  EXPECT_EQ(c.matched, 2);
  EXPECT_EQ(c.missing, 2);      // policy job 1, net op 0
  EXPECT_EQ(c.unplanned, 1);
  EXPECT_TRUE(c.makespan_error_pct.empty());
}

TEST(Conformance, LeavesShedJobsOut) {
  const Conformance c = of(R"(
release policy 0 1000
op core.0 policy 0 0 1000 1010
release net 0 1010
op core.0 net 0 0 1095 1099
end net 0 1010 1100 shed
)");
  EXPECT_EQ(c.matched, 1);
  EXPECT_EQ(c.missing, 0);
  EXPECT_EQ(c.start_error.max, nanos(0));
}

TEST(Conformance, MatchesTasksByNameAndSubmitsByJob) {
  const Plan plan = plan_case(
      "window 100\nlanes core.0\ntask a 1 100 0 90\n"
      "submit a 0 5 8 core.0\nop a 0 0 10 20 core.0\n");
  const Conformance c = conformance(plan, trace_case(R"(
lanes core.0
tasks other a
submit core.0 a 0 6 8
op core.0 a 0 0 10 20
op core.0 other 0 0 30 40
submit core.0 other 0 50 51
)"));
  EXPECT_EQ(c.matched, 2);
  EXPECT_EQ(c.unplanned, 1);
  EXPECT_EQ(c.start_error.max, nanos(1));
  EXPECT_EQ(c.duration_error.max, nanos(1));
}

TEST(Conformance, WithoutPeriodStartsAtTheRelease) {
  const Plan plan = plan_case(
      "lanes core.0\ntask a 1 0 0 90\nop a 0 0 0 20 core.0\nop a 0 1 20 40 core.0\n");
  const std::string ops = "op core.0 a 0 0 505 525\nop core.0 a 0 1 525 545\n"
                          "op core.0 a 1 0 900 920\nop core.0 a 1 1 921 944\n";
  const std::string head = "lanes core.0\ntasks a\n";
  const Conformance released =
      conformance(plan, trace_case(head + "release a 0 500\nrelease a 1 900\n" + ops));
  EXPECT_EQ(released.start_error.max, nanos(5));
  EXPECT_EQ(released.makespan_error_pct, (std::vector<double>{12.5, 10.0}));
  const Conformance bare = conformance(plan, trace_case(head + ops));
  EXPECT_EQ(bare.start_error.max, nanos(1));
  EXPECT_EQ(bare.makespan_error_pct, (std::vector<double>{0.0, 10.0}));
}

TEST(Conformance, WithoutPeriodAWindowOfSeveralJobsStartsWithItsFirst) {
  const Plan plan = plan_case(
      "lanes core.0\ntask a 2 50 5 90\nop a 0 0 5 20 core.0\nop a 1 0 55 70 core.0\n");
  const Conformance c = conformance(plan, trace_case(R"(
lanes core.0
tasks a
release a 3 560
op core.0 a 2 0 506 520
op core.0 a 3 0 562 570
)"));
  EXPECT_EQ(c.matched, 2);
  EXPECT_EQ(c.start_error.p50, nanos(2));      // the window began at 560 - 50 - 5 = 505
  EXPECT_EQ(c.start_error.max, nanos(4));
}

TEST(Conformance, OfAnEmptyTraceIsNothing) {
  const Conformance c = conformance(plan_case(kPlan), Trace{});
  EXPECT_EQ(c.matched + c.missing + c.unplanned, 0);
  EXPECT_EQ(c.makespan_error_pct_p50, 0.0);
}

// A run made from a plan by known errors: the errors must come back.
struct Made {
  Plan plan;
  Trace trace;
  std::vector<int64_t> start_errors, duration_errors;
  int64_t matched = 0, missing = 0, unplanned = 0, complete_windows = 0;
};

Plan random_plan(Rng& rng) {
  Plan plan;
  plan.window = Nanos(rng.between(10'000, 50'000));
  plan.lanes = {"core.0", "core.1", "core.2"};
  for (uint64_t t = 1 + rng.below(3); t-- > 0;) {
    PlanTask task;
    task.name = "task" + std::to_string(t);
    task.jobs = static_cast<uint32_t>(1 + rng.below(4));
    plan.tasks.push_back(task);
    for (uint32_t job = 0; job < task.jobs; ++job)
      for (uint32_t op = 0, ops = static_cast<uint32_t>(1 + rng.below(5)); op < ops; ++op) {
        PlanOp planned;
        planned.task = TaskId(plan.tasks.size() - 1);
        planned.job = job;
        planned.graph_op = op;
        planned.start = Nanos(rng.between(0, plan.window.ns - 100));
        planned.duration = Nanos(rng.between(1, 100));
        planned.lanes = {LaneId(uint32_t{0})};
        plan.operations.push_back(planned);
      }
  }
  return plan;
}

void run_op(Made& made, Rng& rng, const PlanOp& op, uint64_t job, int64_t window) {
  const int64_t shift = rng.between(-50, 200);
  const int64_t length = std::max<int64_t>(1, op.duration.ns + rng.between(-20, 80));
  const Nanos begin = made.trace.origin + made.plan.window * window + op.start + Nanos(shift);
  made.start_errors.push_back(std::abs(shift));
  made.duration_errors.push_back(std::abs(length - op.duration.ns));
  ++made.matched;
  TraceEvent e;
  e.task = op.task.value();
  e.job = job;
  e.op = op.graph_op;
  const uint64_t shards = 1 + rng.below(3);
  for (uint64_t lane = 0; lane < shards; ++lane) {   // lane 0 begins first, the last ends last
    e.lane = static_cast<uint16_t>(lane);
    e.begin = lane == 0 ? begin : begin + Nanos(rng.between(0, length));
    e.end = begin + Nanos(length);
    if (lane + 1 < shards) e.end = Nanos(rng.between(e.begin.ns, e.end.ns));
    made.trace.events.push_back(e);
  }
}

Made random_run(Rng& rng) {
  Made made;
  made.plan = random_plan(rng);
  made.trace.origin = Nanos(rng.between(0, 1'000'000));
  for (const PlanTask& task : made.plan.tasks) made.trace.tasks.push_back(task.name);
  const auto windows = static_cast<int64_t>(1 + rng.below(5));
  for (int64_t window = 0; window < windows; ++window) {
    bool complete = true;
    for (uint32_t t = 0; t < made.plan.tasks.size(); ++t)
      for (uint32_t j = 0; j < made.plan.tasks[t].jobs; ++j) {
        const uint64_t job = static_cast<uint64_t>(window) * made.plan.tasks[t].jobs + j;
        TraceEvent release;
        release.kind = TraceEvent::Kind::kRelease;
        release.task = t;
        release.job = job;
        made.trace.events.push_back(release);
        const bool shed = rng.below(10) == 0;
        if (shed) {
          release.kind = TraceEvent::Kind::kJobEnd;
          release.value = static_cast<uint16_t>(JobOutcome::kShed);
          made.trace.events.push_back(release);
          complete = false;
        }
        for (const PlanOp& op : made.plan.operations) {
          if (shed || op.task.value() != t || op.job != j) continue;
          if (rng.below(20) == 0) {
            ++made.missing;
            complete = false;
          } else {
            run_op(made, rng, op, job, window);
          }
        }
      }
    made.complete_windows += complete;
  }
  for (uint64_t n = rng.below(3); n-- > 0; ++made.unplanned) {
    TraceEvent e;
    e.op = static_cast<uint32_t>(1000 + n);
    e.task = n % 2 ? TraceEvent::kNoTask : 0;
    e.job = 1'000'000 * made.plan.tasks[0].jobs;
    if (e.task == 0) made.missing += std::count_if(
        made.plan.operations.begin(), made.plan.operations.end(),
        [](const PlanOp& op) { return op.task.value() == 0 && op.job == 0; });
    made.trace.events.push_back(e);
  }
  return made;
}

int64_t rank(std::vector<int64_t> values, int per_mille) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double share = static_cast<double>(values.size()) * per_mille / 1000.0;
  return values[static_cast<size_t>(std::max(std::ceil(share - 1e-9), 1.0)) - 1];
}

TEST(Conformance, FindsTheErrorsThatWereMade) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    const Made made = random_run(rng);
    const Conformance c = conformance(made.plan, made.trace);
    EXPECT_EQ(c.matched, made.matched);
    EXPECT_EQ(c.missing, made.missing);
    EXPECT_EQ(c.unplanned, made.unplanned);
    EXPECT_EQ(c.start_error.p50.ns, rank(made.start_errors, 500));
    EXPECT_EQ(c.start_error.p99.ns, rank(made.start_errors, 990));
    EXPECT_EQ(c.start_error.max.ns, rank(made.start_errors, 1000));
    EXPECT_EQ(c.duration_error.p50.ns, rank(made.duration_errors, 500));
    EXPECT_EQ(c.duration_error.p99.ns, rank(made.duration_errors, 990));
    EXPECT_EQ(static_cast<int64_t>(c.makespan_error_pct.size()), made.complete_windows);
  }
}

}  // namespace
}  // namespace takt
