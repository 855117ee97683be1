#include "solve/solution_graph.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "solve/moves/insertion.h"
#include "solve/random_shop.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

// Jobs in their topological order, everything on its first lane.
Sequencing first_sequencing(const OneLaneView& view) {
  const auto order = view.problem().topological();
  return {{order.begin(), order.end()}, std::vector<uint32_t>(view.size(), 0)};
}

// Heads and tails of a graph by repeated relaxation, without any order: what the graph claims
// is compared with this. False when there is a cycle.
bool longest_ways(const SolutionGraph& graph, std::vector<int64_t>& head,
                  std::vector<int64_t>& tail) {
  const Problem& problem = graph.view().problem();
  struct Edge {
    uint32_t from, to;
    int64_t delay;
  };
  std::vector<Edge> edges;
  for (uint32_t op = 0; op < graph.size(); ++op)
    for (const Arc& arc : problem.succs(op)) edges.push_back({op, arc.op, arc.delay.ns});
  for (uint32_t lane = 0; lane < graph.view().lane_count(); ++lane)
    for (size_t i = 1; i < graph.lane(lane).size(); ++i)
      edges.push_back({graph.lane(lane)[i - 1], graph.lane(lane)[i], 0});
  head.assign(graph.size(), 0);
  tail.assign(graph.size(), 0);
  for (uint32_t op = 0; op < graph.size(); ++op) head[op] = problem.release(op).ns;
  bool changed = true;
  for (uint32_t round = 0; changed && round <= graph.size() + 1; ++round) {
    changed = false;
    for (const Edge& edge : edges) {
      const int64_t later = head[edge.from] + graph[edge.from].duration + edge.delay;
      const int64_t rest = edge.delay + graph[edge.to].duration + tail[edge.to];
      changed |= later > head[edge.to] || rest > tail[edge.from];
      head[edge.to] = std::max(head[edge.to], later);
      tail[edge.from] = std::max(tail[edge.from], rest);
    }
  }
  return !changed;
}

void expect_exact(const SolutionGraph& graph) {
  std::vector<int64_t> head, tail;
  ASSERT_TRUE(longest_ways(graph, head, tail)) << "the move made a cycle";
  int64_t makespan = 0;
  for (uint32_t op = 0; op < graph.size(); ++op) {
    ASSERT_EQ(graph[op].head, head[op]) << "head of operation " << op;
    ASSERT_EQ(graph[op].tail, tail[op]) << "tail of operation " << op;
    makespan = std::max(makespan, head[op] + graph[op].duration);
  }
  ASSERT_EQ(graph.makespan(), makespan);
}

// Every move the neighbourhood offers keeps the graph acyclic and is no worse than estimated;
// the graph stays exact over a random walk of such moves.
TEST(SolutionGraph, MovesKeepItExactAndEstimatesHold) {
  int64_t moves = 0, exact = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_shop(seed);
    const Problem problem(instance);
    const OneLaneView view(problem);
    SolutionGraph graph(view);
    graph.load(first_sequencing(view));
    expect_exact(graph);
    InsertionMoves neighbourhood(graph);
    const TabuList none;
    Rng rng(seed);
    for (int step = 0; step < 40; ++step) {
      const auto op = static_cast<uint32_t>(rng.below(graph.size()));
      // A weight of the other sign prefers more work: the walk sees odd moves as well.
      MovePicker picker(0, rng.between(-40, 40), rng);
      neighbourhood.visit(op, none, 0, rng, picker);
      const MoveEstimate* chosen = picker.pick();
      if (!chosen) continue;
      const int64_t before = graph.makespan();
      graph.apply(chosen->move);
      expect_exact(graph);
      if (HasFatalFailure()) return;
      ASSERT_LE(graph[op].length(), chosen->through);
      ASSERT_LE(graph.makespan(), std::max(before, chosen->through));
      ++moves;
      exact += graph[op].length() == chosen->through;
      ASSERT_EQ(fault_of(instance, problem, graph.schedule()), "");
    }
  }
  std::printf("%lld moves, %lld estimates exact\n", static_cast<long long>(moves),
              static_cast<long long>(exact));
  EXPECT_GT(moves, 3000);
  EXPECT_GT(exact, moves / 2);
}

TEST(SolutionGraph, SchedulesAndSequencingsComeBackAsTheyWere) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_shop(seed);
    const Problem problem(instance);
    const OneLaneView view(problem);
    SolutionGraph graph(view), other(view);
    graph.load(first_sequencing(view));
    other.load(graph.schedule());
    EXPECT_EQ(other.makespan(), graph.makespan());
    EXPECT_EQ(other.schedule().start, graph.schedule().start);
    other.load(graph.sequencing());
    EXPECT_EQ(other.sequencing().order, graph.sequencing().order);
  }
}

TEST(OneLaneView, OnlyWhatTheGraphCanRepresent) {
  Instance instance = random_shop(1);
  EXPECT_TRUE(OneLaneView::supports(Problem(instance)));
  Instance periodic = instance;
  periodic.horizon = Nanos(10'000);
  EXPECT_FALSE(OneLaneView::supports(Problem(periodic)));
  Instance out = instance;
  out.outages.push_back({LaneId(0u), Nanos(0), Nanos(5)});
  EXPECT_FALSE(OneLaneView::supports(Problem(out)));
}

}  // namespace
}  // namespace takt
