#include "trace/collector.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

namespace takt {
namespace {

TraceEvent event_at(int64_t begin_ns, uint64_t job) {
  TraceEvent e;
  e.begin = Nanos(begin_ns);
  e.end = Nanos(begin_ns + 1);
  e.job = job;
  return e;
}

TEST(TraceCollector, MergesRingsByBegin) {
  TraceRing a(8), b(8);
  TraceCollector collector({"x", "y"}, {"t"});
  collector.watch(a);
  collector.watch(b);
  a.push(event_at(10, 0));
  collector.drain();
  a.push(event_at(30, 1));
  b.push(event_at(20, 2));
  collector.add(event_at(5, 3));
  const Trace trace = collector.finish(nanos(4));
  std::vector<uint64_t> jobs;
  for (const TraceEvent& e : trace.events) jobs.push_back(e.job);
  EXPECT_EQ(jobs, (std::vector<uint64_t>{3, 0, 2, 1}));
  EXPECT_EQ(trace.lanes.size(), 2u);
  EXPECT_EQ(trace.origin, nanos(4));
  EXPECT_EQ(trace.dropped, 0u);
}

TEST(TraceCollector, CountsWhatDidNotFit) {
  TraceRing ring(4);
  TraceCollector collector({"x"}, {}, 6);
  collector.watch(ring);
  for (int i = 0; i < 7; ++i) ring.push(event_at(i, 0));    // 3 dropped by the ring
  collector.drain();
  for (int i = 0; i < 3; ++i) ring.push(event_at(i, 0));    // 1 above max_events
  const Trace trace = collector.finish(nanos(0));
  EXPECT_EQ(trace.events.size(), 6u);
  EXPECT_EQ(trace.dropped, 4u);
}

// Every event is kept in order or counted as dropped while producers run.
TEST(TraceCollector, LosesNothingUncountedUnderConcurrency) {
  constexpr int kWorkers = 3;
  constexpr uint64_t kEvents = 50'000;
  std::vector<std::unique_ptr<TraceRing>> rings;
  TraceCollector collector({"0", "1", "2"}, {});
  std::atomic<int> running{kWorkers};
  std::vector<std::thread> workers;
  for (int w = 0; w < kWorkers; ++w) {
    rings.push_back(std::make_unique<TraceRing>(256));
    collector.watch(*rings.back());
  }
  for (int w = 0; w < kWorkers; ++w)
    workers.emplace_back([&, w] {
      for (uint64_t i = 0; i < kEvents; ++i) {
        TraceEvent e = event_at(static_cast<int64_t>(i), i);
        e.lane = static_cast<uint16_t>(w);
        rings[static_cast<size_t>(w)]->push(e);
      }
      running.fetch_sub(1);
    });
  while (running.load() > 0) collector.drain();
  for (std::thread& worker : workers) worker.join();
  const Trace trace = collector.finish(nanos(0));
  EXPECT_EQ(trace.events.size() + trace.dropped, kWorkers * kEvents);
  std::vector<uint64_t> next(kWorkers);
  for (const TraceEvent& e : trace.events) {
    EXPECT_GE(e.job, next[e.lane]);
    EXPECT_EQ(static_cast<uint64_t>(e.begin.ns), e.job);      // not torn
    next[e.lane] = e.job + 1;
  }
}

}  // namespace
}  // namespace takt
