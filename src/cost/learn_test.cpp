#include "cost/learn.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/rng.h"

namespace takt {
namespace {

using Kind = TraceEvent::Kind;

// main: a matmul of 8 tiles, a fill.
DispatchGraph small_graph() {
  DispatchGraph graph;
  graph.kernels = {{"matmul", "hash-matmul", "bin"}};
  GraphFunction main;
  main.name = "main";
  main.ops.resize(2);
  main.ops[0].kernel = KernelId(0u);
  main.ops[0].workgroups = {8, 1, 1};
  main.ops[1].kind = OpKind::kFill;
  main.ops[1].bytes = 256;
  graph.functions = {main};
  return graph;
}

class LearnTest : public testing::Test {
 protected:
  LearnTest() : tasks_{{"net", &graph_, "main"}, {"net", &graph_, "gone"}} {}

  void op(uint16_t lane, uint32_t op, uint64_t job, int64_t begin_us, int64_t end_us,
          uint32_t task = 0) {
    TraceEvent event;
    event.lane = lane;
    event.task = task;
    event.op = op;
    event.job = job;
    event.begin = micros(begin_us);
    event.end = micros(end_us);
    trace_.events.push_back(event);
  }
  Learned learned() { return learn(trace_, tasks_, lanes_); }

  // The samples of a kernel at a width under a condition, empty when there are none.
  static std::vector<Nanos> samples(const Learned& learned, const std::string& kernel, int width,
                                    bool cold, bool corun) {
    for (const CostRecord& record : learned.records)
      if (record.key.kernel_hash == kernel && record.key.width == width &&
          record.condition.cold == cold && record.condition.corun == corun)
        return record.samples;
    return {};
  }

  const DispatchGraph graph_ = small_graph();
  std::vector<LearnTask> tasks_;
  std::vector<LearnLane> lanes_ = {{"big", 0}, {"big", 0}, {"little", 1, 60}};
  Trace trace_;
};

using Samples = std::vector<Nanos>;

TEST_F(LearnTest, AnExecutionLastsFromTheFirstLaneToTheLast) {
  op(0, 0, 0, 100, 200);
  op(1, 0, 0, 110, 220);
  op(1, 1, 0, 230, 235);
  const Learned out = learned();
  EXPECT_EQ(samples(out, "hash-matmul", 2, true, false), (Samples{micros(120)}));
  EXPECT_EQ(samples(out, "fill", 1, true, false), (Samples{micros(5)}));
  EXPECT_EQ(out.executions, 2);
  EXPECT_EQ(out.records[0].condition.source, CostSource::kRun);
  EXPECT_EQ(out.records[1].origin.module, "net");
  EXPECT_EQ(out.records[1].origin.entry, "matmul");
  EXPECT_EQ(out.records[1].key.workgroups, (std::array<uint32_t, 3>{8, 1, 1}));
}

TEST_F(LearnTest, WarmWhenItRanShortlyBefore) {
  op(0, 0, 0, 0, 100);
  op(0, 0, 1, 5'000, 5'090);
  op(0, 0, 2, 30'000, 30'110);
  const Learned out = learned();
  EXPECT_EQ(samples(out, "hash-matmul", 1, true, false), (Samples{micros(100), micros(110)}));
  EXPECT_EQ(samples(out, "hash-matmul", 1, false, false), (Samples{micros(90)}));
}

TEST_F(LearnTest, BesideOthersWhenTheClusterIsBusyHalfOfTheTime) {
  op(0, 0, 0, 0, 100);
  op(1, 1, 1, 0, 30, TraceEvent::kNoTask);
  op(1, 1, 1, 40, 60, TraceEvent::kNoTask);    // half of it, in pieces, of nobody we know
  op(0, 0, 2, 1'000, 1'100);
  op(1, 1, 3, 1'000, 1'040);                   // less than half
  op(2, 1, 4, 1'000, 1'100);                   // another cluster
  const Learned out = learned();
  EXPECT_EQ(samples(out, "hash-matmul", 1, true, true), (Samples{micros(100)}));
  EXPECT_EQ(samples(out, "hash-matmul", 1, false, false), (Samples{micros(100)}));
}

TEST_F(LearnTest, WhatWasNotTheModesOwnIsLeftOut) {
  op(0, 0, 0, 0, 20);
  op(0, 0, 0, 60, 100);                        // pre-empted
  op(0, 0, 1, 1'000, 1'100);
  op(1, 0, 1, 1'080, 1'100);                   // helped at the end
  op(0, 0, 2, 2'000, 2'100);
  op(2, 0, 2, 2'000, 2'100);                   // two classes
  op(0, 7, 3, 3'000, 3'100);                   // no such operation
  op(0, 0, 4, 4'000, 4'100, 1);                // no such function
  op(9, 0, 5, 5'000, 5'100);                   // no such lane
  const Learned out = learned();
  EXPECT_TRUE(out.records.empty());
  EXPECT_EQ(out.preempted, 1);
  EXPECT_EQ(out.joined_late, 1);
  EXPECT_EQ(out.unknown, 2);
}

TEST_F(LearnTest, SubmitsAndSpeeds) {
  op(2, 0, 0, 0, 100);
  op(2, 0, 0, 100, 130);
  trace_.events.back().kind = Kind::kSubmit;
  const Learned out = learned();
  ASSERT_EQ(out.records.size(), 2u);
  for (const CostRecord& record : out.records) {
    EXPECT_EQ(record.condition.speed_pct, 60);
    EXPECT_EQ(record.key.lane_class, "little");
  }
  EXPECT_EQ(samples(out, submit_cost_name("net", "main"), 1, false, false), (Samples{micros(30)}));
}

// Random traces of lanes that run one thing after another: every execution is counted once, in
// the records or among those left out, and the order of the events does not matter.
TEST_F(LearnTest, CountsEveryExecutionOfRandomTraces) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    trace_.events.clear();
    int64_t now[3] = {0, 0, 0};
    int64_t executions = 0;
    for (uint64_t job = 0; job < 100; ++job) {
      const auto lane = uint16_t(rng.below(3));
      const int64_t begin = now[lane] += int64_t(rng.below(20'000));
      const int64_t end = now[lane] += 1 + int64_t(rng.below(100));
      op(lane, uint32_t(rng.below(2)), job, begin, end);
      ++executions;
      if (rng.below(4) == 0) op(lane, trace_.events.back().op, job, end, end + 1), ++now[lane];
    }
    const Learned out = learned();
    EXPECT_EQ(out.executions + out.preempted + out.joined_late + out.unknown, executions);
    for (size_t i = trace_.events.size(); i > 1; --i)
      std::swap(trace_.events[i - 1], trace_.events[rng.below(i)]);
    const Learned shuffled = learned();
    ASSERT_EQ(shuffled.records.size(), out.records.size());
    for (size_t i = 0; i < out.records.size(); ++i)
      EXPECT_EQ(shuffled.records[i].samples, out.records[i].samples);
  }
}

}  // namespace
}  // namespace takt
