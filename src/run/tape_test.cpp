// Tapes of random programs and plans against a plain simulation and plain reachability.
#include "run/tape.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "run/random_dag.h"

namespace takt {
namespace {

constexpr uint64_t kSeed = 20261124;

// Follows the tapes, a random lane at a time; false when it blocks. `order`: (item, first)s.
bool follow(const Tape& tape, Rng& rng, std::vector<const Tape::Op*>& order) {
  std::vector<uint32_t> done(tape.lanes()), published(tape.lanes());
  for (;;) {
    std::vector<uint32_t> open;
    bool ended = true;
    for (uint32_t lane = 0; lane < tape.lanes(); ++lane) {
      if (done[lane] == tape.ops(lane).size()) continue;
      ended = false;
      const auto waits = tape.waits(tape.ops(lane)[done[lane]]);
      if (std::all_of(waits.begin(), waits.end(), [&](const Tape::Wait& wait) {
            return published[wait.lane] >= wait.count;
          }))
        open.push_back(lane);
    }
    if (ended) return true;
    if (open.empty()) return false;
    const uint32_t lane = open[rng.below(open.size())];
    const Tape::Op& op = tape.ops(lane)[done[lane]++];
    order.push_back(&op);
    if (op.published) published[lane] = done[lane];
  }
}

TEST(Tape, RandomInterleavingsRunEveryTileOnceAfterItsInputs) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  Rng rng(kSeed);
  for (int round = 0; round < 400; ++round) {
    RandomDag dag(rng, 40);
    const Assignment plan = dag.random_assignment(rng, 1 + uint32_t(rng.below(5)));
    const auto tape = Tape::compile(dag.program, plan);
    ASSERT_TRUE(tape) << round;
    std::vector<const Tape::Op*> order;
    ASSERT_TRUE(follow(*tape, rng, order)) << round;
    RandomDag::Run run(dag);
    LaneContext lane;
    for (const Tape::Op* op : order) op->run(op->context, &run, lane, op->first, op->count);
    run.ends = 1;
    ASSERT_TRUE(RandomDag::complete(run)) << round;
  }
}

// Nodes are operations, edges the order of each tape and the waits; `without`: one wait less.
class Reach {
 public:
  Reach(const Tape& tape, const Tape::Wait* without) {
    for (uint32_t lane = 0; lane < tape.lanes(); ++lane) {
      first_.push_back(count_);
      count_ += uint32_t(tape.ops(lane).size());
    }
    before_.resize(count_);
    for (uint32_t lane = 0; lane < tape.lanes(); ++lane)
      for (uint32_t i = 0; i < tape.ops(lane).size(); ++i) {
        if (i > 0) before_[node(lane, i)].push_back(node(lane, i - 1));
        for (const Tape::Wait& wait : tape.waits(tape.ops(lane)[i]))
          if (&wait != without)
            before_[node(lane, i)].push_back(node(wait.lane, wait.count - 1));
      }
  }
  uint32_t node(uint32_t lane, uint32_t position) const { return first_[lane] + position; }
  bool after(uint32_t node, uint32_t other) const {
    if (node == other) return true;
    return std::any_of(before_[node].begin(), before_[node].end(),
                       [&](uint32_t before) { return after(before, other); });
  }

 private:
  std::vector<uint32_t> first_;
  uint32_t count_ = 0;
  std::vector<std::vector<uint32_t>> before_;
};

TEST(Tape, NoWaitFollowsFromTheOthers) {
  std::printf("seed %llu\n", static_cast<unsigned long long>(kSeed));
  Rng rng(kSeed);
  int waits = 0;
  for (int round = 0; round < 60; ++round) {
    RandomDag dag(rng, 14);
    const auto tape = Tape::compile(dag.program, dag.random_assignment(rng, 3));
    ASSERT_TRUE(tape);
    for (uint32_t lane = 0; lane < tape->lanes(); ++lane)
      for (uint32_t i = 0; i < tape->ops(lane).size(); ++i)
        for (const Tape::Wait& wait : tape->waits(tape->ops(lane)[i])) {
          ++waits;
          const Reach rest(*tape, &wait);
          EXPECT_FALSE(rest.after(rest.node(lane, i), rest.node(wait.lane, wait.count - 1)))
              << round;
        }
  }
  EXPECT_GT(waits, 100);
}

std::vector<WorkItem> items(uint32_t count, uint32_t tiles) {
  std::vector<WorkItem> all(count);
  for (WorkItem& item : all) item.tiles = tiles;
  return all;
}

Assignment on_lanes(const Program& program, std::vector<std::vector<uint32_t>> by_lane) {
  Assignment plan;
  plan.items.resize(program.items());
  plan.by_lane = std::move(by_lane);
  return plan;
}

TEST(Tape, WaitsOnlyForTheLastOfEachLane) {
  const Program program = Program::from_deps(items(4, 1), {{}, {}, {0, 1}, {0, 1}});
  const auto tape = Tape::compile(program, on_lanes(program, {{0, 1}, {2, 3}}));
  ASSERT_TRUE(tape);
  ASSERT_EQ(tape->ops(1)[0].waits, 1);
  EXPECT_EQ(tape->waits(tape->ops(1)[0])[0].count, 2u);
  EXPECT_EQ(tape->ops(1)[1].waits, 0);
  EXPECT_FALSE(tape->ops(0)[0].published);
  EXPECT_TRUE(tape->ops(0)[1].published);
}

TEST(Tape, SplitsTilesByRangesAndLeavesOutEmptyParts) {
  const Program program = Program::from_deps(items(2, 2), {{}, {0}});
  const auto tape = Tape::compile(program, on_lanes(program, {{0, 1}, {0}, {0, 1}}));
  ASSERT_TRUE(tape);
  uint32_t tiles = 0;
  for (uint32_t lane = 0; lane < 3; ++lane)
    for (const Tape::Op& op : tape->ops(lane)) {
      EXPECT_GT(op.count, 0u);
      tiles += op.count;
    }
  EXPECT_EQ(tiles, 4u);
}

TEST(Tape, OrdersThatDoNotFitGiveNone) {
  const Program program = Program::from_deps(items(4, 1), {{}, {0}, {}, {2}});
  EXPECT_FALSE(Tape::compile(program, on_lanes(program, {{1, 0, 2, 3}})));
  EXPECT_FALSE(Tape::compile(program, on_lanes(program, {{1, 2}, {3, 0}})));   // in a circle
  EXPECT_FALSE(Tape::compile(program, on_lanes(program, {{0, 1, 2}})));        // 3 is nowhere
  EXPECT_FALSE(Tape::compile(program, on_lanes(program, {{0, 1, 2, 3, 3}})));
  EXPECT_FALSE(Tape::compile(program, on_lanes(program, {{0, 1, 2, 3, 4}})));
  EXPECT_TRUE(Tape::compile(program, on_lanes(program, {{0, 1}, {2, 3}})));
}

}  // namespace
}  // namespace takt
