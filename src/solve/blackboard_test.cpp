#include "solve/blackboard.h"

#include <gtest/gtest.h>

#include "solve/random_instance.h"

namespace takt {
namespace {

// One operation that may take 4 on one lane or 2 on two; two jobs of it on two lanes.
Instance two_jobs() {
  Instance instance;
  instance.lane_names = {"a", "b"};
  instance.pools = {{"cores", {LaneId(0u), LaneId(1u)}}};
  instance.tasks = {{.name = "task"}};
  for (uint32_t j = 0; j < 2; ++j) {
    instance.jobs.push_back({TaskId(0u), j, Nanos(0), Nanos::max(), j, 1});
    Operation op;
    op.job = JobId(j);
    op.modes = {{{{PoolId(0u), 1}}, "default", Nanos(4)}, {{{PoolId(0u), 2}}, "wide", Nanos(3)}};
    instance.operations.push_back(op);
  }
  return instance;
}

struct Board : testing::Test {
  Schedule schedule(uint32_t mode, std::vector<Nanos> start, std::vector<uint32_t> lanes) {
    Schedule out;
    out.resize(problem);
    out.mode = {mode, mode};
    out.start = std::move(start);
    for (uint32_t op = 0; op < 2; ++op)
      for (uint32_t k = 0; k <= mode; ++k)
        out.lanes[problem.lane_slot(op) + k] = mode == 0 ? lanes[op] : k;
    return out;
  }
  bool offer(Blackboard& board, const Schedule& schedule) {
    return board.offer(schedule, score_of(problem, schedule), "test");
  }

  const Instance instance = two_jobs();
  const Problem problem{instance};
  const Schedule beside = schedule(0, {Nanos(0), Nanos(0)}, {0, 1});      // makespan 4, lanes 2
  const Schedule in_turn = schedule(0, {Nanos(0), Nanos(4)}, {0, 0});     // makespan 8, lanes 1
};

TEST_F(Board, KeepsTheBetterAndTellsOnce) {
  int told = 0;
  Blackboard board(problem, Ranking({{Level::kMakespan}}), Nanos::max(),
                   [&](const Improvement&, const Schedule&) { ++told; });
  EXPECT_TRUE(offer(board, in_turn));
  EXPECT_TRUE(offer(board, beside));
  EXPECT_FALSE(offer(board, in_turn));
  EXPECT_EQ(told, 2);
  EXPECT_EQ((*board.best_score())[Level::kMakespan], 4);
}

TEST_F(Board, StopsWhenEveryLevelIsProven) {
  Blackboard board(problem, Ranking({{Level::kMakespan}, {Level::kBusy}}), Nanos::max());
  offer(board, beside);
  board.raise_bound(Level::kBusy, 8);
  EXPECT_FALSE(board.stopped());
  EXPECT_TRUE(board.open(Level::kMakespan));
  board.raise_bound(Level::kMakespan, 4);
  EXPECT_TRUE(board.stopped());
}

TEST_F(Board, GoesOnWhenAskedTo) {
  Blackboard board(problem, Ranking({{Level::kMakespan}}), Nanos::max());
  board.go_on_when_settled();
  offer(board, beside);
  board.raise_bound(Level::kMakespan, 4);
  EXPECT_FALSE(board.stopped());
}

TEST_F(Board, AProvenLevelGivesWayByItsTolerance) {
  Blackboard board(problem, Ranking({{Level::kMakespan, 4, 0}, {Level::kActiveLanes}}),
                   Nanos::max());
  offer(board, beside);
  EXPECT_FALSE(offer(board, in_turn));
  board.raise_bound(Level::kMakespan, 4);
  EXPECT_EQ(board.given_for(Level::kActiveLanes)[Level::kMakespan], 8);
  EXPECT_TRUE(offer(board, in_turn));              // 8 is as good as 4, and takes one lane
  EXPECT_FALSE(board.open(Level::kMakespan));
  board.raise_bound(Level::kActiveLanes, 1);
  EXPECT_TRUE(board.stopped());
}

TEST_F(Board, ABoundFallsBackWhenWhatItWasProvenUnderIsBroken) {
  std::vector<int64_t> told;
  Blackboard board(problem, Ranking({{Level::kMakespan}, {Level::kActiveLanes}, {Level::kBusy}}),
                   Nanos::max(), nullptr,
                   [&](Level level, int64_t bound, Nanos) {
                     if (level == Level::kBusy) told.push_back(bound);
                   });
  offer(board, in_turn);
  board.raise_bound(Level::kBusy, 7);
  board.raise_bound(Level::kBusy, 8, board.given_for(Level::kBusy));   // with one lane
  EXPECT_EQ(board.bound(Level::kBusy), 8);
  offer(board, beside);                            // two lanes now
  EXPECT_EQ(board.bound(Level::kBusy), 7);
  EXPECT_EQ(told, (std::vector<int64_t>{7, 8, 7}));
}

TEST_F(Board, ABoundFallsBackToTheGreatestThatStillHolds) {
  Blackboard board(problem, Ranking({{Level::kMakespan}, {Level::kActiveLanes}, {Level::kBusy}}),
                   Nanos::max());
  offer(board, in_turn);                           // makespan 8, lanes 1
  const auto with = [](int64_t makespan, int64_t lanes) {
    Limits given;
    given[Level::kMakespan] = makespan;
    given[Level::kActiveLanes] = lanes;
    return given;
  };
  board.raise_bound(Level::kBusy, 8, with(8, 1));
  board.raise_bound(Level::kBusy, 6, with(8, 2));
  board.raise_bound(Level::kBusy, 5, with(8, 1));  // less, under the same
  board.raise_bound(Level::kBusy, 3);
  EXPECT_EQ(board.bound(Level::kBusy), 8);
  offer(board, beside);                            // two lanes now
  EXPECT_EQ(board.bound(Level::kBusy), 6);
}

TEST_F(Board, ABoundUnderWhatTheBestDoesNotKeepIsNotTaken) {
  Blackboard board(problem, Ranking({{Level::kMakespan}, {Level::kActiveLanes}}), Nanos::max());
  offer(board, beside);
  Limits given;
  given[Level::kMakespan] = 3;
  board.raise_bound(Level::kActiveLanes, 2, given);
  EXPECT_EQ(board.bound(Level::kActiveLanes), 0);
}

}  // namespace
}  // namespace takt
