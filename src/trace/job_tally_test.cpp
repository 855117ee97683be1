#include "trace/job_tally.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "base/rng.h"

namespace takt {
namespace {

TEST(JobTally, CountsAsTheTraceDoesAndQuantilesAreAtMostASixtyFourthTooHigh) {
  const uint64_t seed = 20261124;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  for (int round = 0; round < 20; ++round) {
    Trace trace;
    trace.tasks = {"t"};
    const auto tally = std::make_unique<JobTally>();
    const int jobs = static_cast<int>(rng.between(1, 2000));
    for (int job = 0; job < jobs; ++job) {
      TraceEvent event;
      event.kind = TraceEvent::Kind::kRelease;
      event.task = 0;
      event.job = static_cast<uint64_t>(job);
      trace.events.push_back(event);
      tally->note_release();
      event.kind = TraceEvent::Kind::kJobEnd;
      event.end = Nanos(static_cast<int64_t>(rng.next() >> rng.between(22, 62)));
      event.value = static_cast<uint16_t>(rng.below(3));
      trace.events.push_back(event);
      tally->note_end(static_cast<JobOutcome>(event.value), event.end);
    }
    const TaskFigures exact = task_figures(trace)[0];
    const TaskFigures counted = tally->figures("t");
    EXPECT_EQ(counted.name, "t");
    EXPECT_EQ(counted.jobs, exact.jobs);
    EXPECT_EQ(counted.done, exact.done);
    EXPECT_EQ(counted.missed, exact.missed);
    EXPECT_EQ(counted.shed, exact.shed);
    EXPECT_EQ(counted.lost, 0);
    EXPECT_EQ(counted.response_max, exact.response_max);
    for (const auto quantile : {&TaskFigures::response_p50, &TaskFigures::response_p95,
                                &TaskFigures::response_p99}) {
      EXPECT_GE(counted.*quantile, exact.*quantile);
      EXPECT_LE((counted.*quantile).ns, (exact.*quantile).ns + (exact.*quantile).ns / 64);
    }
  }
}

TEST(JobTally, AnAnswerThatTookLongerThanTheBucketsReachIsStillTheMaximum) {
  const auto tally = std::make_unique<JobTally>();
  tally->note_release();
  tally->note_release();
  tally->note_end(JobOutcome::kMissed, seconds(10'000));
  const TaskFigures figures = tally->figures("t");
  EXPECT_EQ(figures.response_max, seconds(10'000));
  EXPECT_EQ(figures.lost, 1) << "the second job is still running";
}

}  // namespace
}  // namespace takt
