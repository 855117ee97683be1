#include "trace/figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"
#include "trace/trace_case.h"

namespace takt {
namespace {

using testing::HasSubstr;

TEST(TaskFigures, CountsJobsAndRanksResponses) {
  const auto tasks = task_figures(trace_case(R"(
lanes core.0
tasks policy net
release policy 0 0
release policy 1 50
release policy 2 100
release net 0 0
end policy 0 0 10 done
end policy 1 50 95 missed
end net 0 0 0 shed
end policy 2 100 120 done
)"));
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].name, "policy");
  EXPECT_EQ(tasks[0].jobs, 3);
  EXPECT_EQ(tasks[0].done, 2);
  EXPECT_EQ(tasks[0].missed, 1);
  EXPECT_EQ(tasks[0].response_p50, nanos(20));
  EXPECT_EQ(tasks[0].response_p99, nanos(45));
  EXPECT_EQ(tasks[0].response_max, nanos(45));
  EXPECT_EQ(tasks[1].shed, 1);
  EXPECT_EQ(tasks[1].response_max, nanos(0));
  EXPECT_TRUE(check_jobs(tasks, 0).ok());
}

TEST(CheckJobs, NamesTheTaskThatLostJobs) {
  const auto tasks = task_figures(trace_case(R"(
lanes core.0
tasks policy net
release net 0 0
end net 0 0 5 done
release policy 0 0
release policy 1 50
release policy 2 100
end policy 1 50 95 done
)"));
  EXPECT_EQ(tasks[0].lost, 2);
  const Status status = check_jobs(tasks, 0);
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message,
              HasSubstr("policy: 3 jobs released, 1 done + 0 missed + 0 shed"));
  EXPECT_THAT(status.error().message, testing::Not(HasSubstr("net")));
  EXPECT_THAT(check_jobs(tasks, 7).error().message, HasSubstr("7 trace events were dropped"));
}

TEST(CheckJobs, IsNotFooledByASumThatFits) {
  // Job 0 ended twice and job 1 never: 2 released, 2 ended.
  const auto tasks = task_figures(trace_case(
      "lanes core.0\ntasks a\nrelease a 0 0\nrelease a 1 5\nend a 0 0 3 done\nend a 0 0 4 done\n"));
  EXPECT_EQ(tasks[0].jobs, tasks[0].done);
  EXPECT_EQ(tasks[0].lost, 1);
  EXPECT_EQ(tasks[0].stray, 1);
  EXPECT_FALSE(check_jobs(tasks, 0).ok());
}

TEST(TaskFigures, AgreeWithCountingOverRandomRuns) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Trace trace;
    trace.tasks = {"a", "b", "c"};
    std::map<std::pair<uint32_t, int>, int64_t> outcomes;
    std::vector<int64_t> lost(3), released(3);
    for (uint64_t job = 0, jobs = rng.below(60); job < jobs; ++job) {
      TraceEvent e;
      e.kind = TraceEvent::Kind::kRelease;
      e.task = static_cast<uint32_t>(rng.below(3));
      e.job = job;
      trace.events.push_back(e);
      ++released[e.task];
      if (rng.below(15) == 0) {
        ++lost[e.task];
        continue;
      }
      e.kind = TraceEvent::Kind::kJobEnd;
      e.value = static_cast<uint16_t>(rng.below(3));
      trace.events.insert(trace.events.begin(), e);
      ++outcomes[{e.task, e.value}];
    }
    const auto tasks = task_figures(trace);
    bool any_lost = false;
    for (uint32_t t = 0; t < 3; ++t) {
      EXPECT_EQ(tasks[t].jobs, released[t]);
      EXPECT_EQ(tasks[t].done, (outcomes[{t, 0}]));
      EXPECT_EQ(tasks[t].missed, (outcomes[{t, 1}]));
      EXPECT_EQ(tasks[t].shed, (outcomes[{t, 2}]));
      EXPECT_EQ(tasks[t].lost, lost[t]);
      any_lost |= lost[t] > 0;
    }
    EXPECT_EQ(check_jobs(tasks, 0).ok(), !any_lost);
  }
}

TEST(Utilisation, CountsEachNanosecondOnce) {
  const auto lanes = utilisation(trace_case(R"(
lanes core.0 core.1
tasks a
release a 0 100
op core.0 a 0 0 110 150
op core.0 a 0 1 140 160
submit core.0 a 0 155 170
end a 0 100 200 done
idle core.1 0 1000
)"));
  ASSERT_EQ(lanes.size(), 2u);
  EXPECT_EQ(lanes[0].name, "core.0");
  EXPECT_EQ(lanes[0].ops, nanos(50));
  EXPECT_EQ(lanes[0].submits, nanos(10));
  EXPECT_EQ(lanes[0].span, nanos(100));
  EXPECT_DOUBLE_EQ(lanes[0].busy_pct(), 60.0);
  EXPECT_EQ(lanes[1].ops, nanos(0));
  EXPECT_EQ(LaneUse{}.busy_pct(), 0.0);
}

TEST(Utilisation, AgreesWithABitPerNanosecond) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    Trace trace;
    trace.lanes = {"x", "y"};
    std::vector<std::vector<int>> busy(2, std::vector<int>(300));   // 2: op, 1: submit only
    for (uint64_t n = rng.below(20); n-- > 0;) {
      TraceEvent e;
      e.kind = rng.below(3) ? TraceEvent::Kind::kOp : TraceEvent::Kind::kSubmit;
      e.lane = static_cast<uint16_t>(rng.below(3));   // 2 is not a lane
      e.begin = Nanos(rng.between(0, 250));
      e.end = e.begin + Nanos(rng.between(0, 40));
      trace.events.push_back(e);
      for (int64_t t = e.begin.ns; e.lane < 2 && t < e.end.ns; ++t) {
        int& cell = busy[e.lane][static_cast<size_t>(t)];
        cell = std::max(cell, e.kind == TraceEvent::Kind::kOp ? 2 : 1);
      }
    }
    const auto lanes = utilisation(trace);
    for (size_t lane = 0; lane < 2; ++lane) {
      EXPECT_EQ(lanes[lane].ops.ns, std::count(busy[lane].begin(), busy[lane].end(), 2));
      EXPECT_EQ(lanes[lane].submits.ns, std::count(busy[lane].begin(), busy[lane].end(), 1));
    }
  }
}

}  // namespace
}  // namespace takt
