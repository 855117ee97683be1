#include "trace/stale_reads.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TraceEvent job_end(uint32_t task, uint64_t job, Nanos release, Nanos end,
                   JobOutcome outcome = JobOutcome::kDone) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kJobEnd;
  event.task = task;
  event.job = job;
  event.begin = release;
  event.end = end;
  event.value = static_cast<uint16_t>(outcome);
  return event;
}

TraceEvent operation(uint32_t task, uint64_t job, Nanos begin) {
  TraceEvent event;
  event.kind = TraceEvent::Kind::kOp;
  event.task = task;
  event.job = job;
  event.begin = begin;
  event.end = begin + micros(1);
  return event;
}

Workload two_tasks(Nanos staleness) {
  Workload workload;
  workload.tasks.resize(2);
  workload.tasks[0].name = "see";
  workload.tasks[1].name = "act";
  workload.edges.push_back({TaskId(0u), TaskId(1u), DataEdge::Mode::kLatest, 0, staleness});
  return workload;
}

TEST(StaleReads, CountsDataOlderThanTheEdgeAllows) {
  Trace trace;
  trace.tasks = {"act", "see"};   // in another order than the workload's
  trace.events = {job_end(1, 0, millis(0), millis(3)),
                  job_end(1, 1, millis(10), millis(19)),
                  job_end(1, 2, millis(20), millis(22), JobOutcome::kShed),
                  job_end(0, 0, millis(1), millis(2)),      // before there was data
                  job_end(0, 1, millis(11), millis(12)),    // 11 ms old
                  job_end(0, 2, millis(18), millis(21)),    // begins late: sees job 1
                  operation(0, 2, millis(20)),
                  job_end(0, 3, millis(28), millis(29))};   // job 2 was shed: 18 ms old
  const std::vector<StaleReads> reads = stale_reads(trace, two_tasks(millis(11)));
  ASSERT_EQ(reads.size(), 1u);
  EXPECT_EQ(reads[0].without, 1);
  EXPECT_EQ(reads[0].reads, 3);
  EXPECT_EQ(reads[0].stale, 1);
  EXPECT_EQ(reads[0].oldest, millis(18));
  EXPECT_EQ(stale_reads(trace, two_tasks(millis(10)))[0].stale, 2);
  EXPECT_TRUE(stale_reads(trace, two_tasks(Nanos::max())).empty()) << "any age will do";
}

}  // namespace
}  // namespace takt
