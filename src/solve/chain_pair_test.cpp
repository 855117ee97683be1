// ChainPair against the oracle on two small chains: both fit into the least makespan, and not
// into one less.
#include "solve/chain_pair.h"

#include <gtest/gtest.h>

#include "base/rng.h"
#include "solve/oracle.h"
#include "solve/random_instance.h"

namespace takt {
namespace {

// Two jobs of one to three operations in a row, on up to three pools at sites of their own.
Instance two_chains(uint64_t seed) {
  RandomInstanceOptions random;
  random.ops_min = 2;
  random.ops_max = 5;
  random.pools_max = 3;
  random.lanes_max = 5;
  Instance instance = random_instance(seed, random);
  Rng rng(seed + 1000);
  const auto ops = static_cast<uint32_t>(instance.operations.size());
  const auto first = static_cast<uint32_t>(rng.between(1, ops - 1));
  instance.tasks.resize(1);
  instance.jobs.clear();
  for (const auto& [from, count] : {std::pair(0u, first), std::pair(first, ops - first)})
    instance.jobs.push_back({TaskId(0u), static_cast<uint32_t>(instance.jobs.size()),
                             Nanos(rng.between(0, 6)), Nanos::max(), from, count});
  instance.precedences.clear();
  for (uint32_t op = 0; op < ops; ++op) {
    Operation& it = instance.operations[op];
    it.job = JobId(op < first ? 0u : 1u);
    it.graph_op = op < first ? op : op - first;
    it.kind = Operation::Kind::kGraphOp;
    if (it.graph_op == 0) continue;
    Precedence edge{OpId(op - 1), OpId(op), Nanos(rng.below(3) == 0 ? rng.between(1, 4) : 0)};
    edge.bytes = rng.between(0, 4);
    instance.precedences.push_back(edge);
  }
  for (uint32_t pool = 0; pool < instance.pools.size(); ++pool) instance.pools[pool].site = pool;
  if (instance.pools.size() > 1)
    instance.links = {{0, 1, Nanos(rng.between(0, 4)), 500}, {1, 0, Nanos(rng.between(0, 2)), 900}};
  return instance;
}

bool fits(const Problem& problem, int64_t makespan, std::span<const PoolLoad> others = {}) {
  Windows windows(problem);
  windows.all_end_before(Nanos(makespan));
  if (!windows.propagate()) return false;
  const std::vector<ChainPair::Chain> chains = longest_chains(windows);
  const auto answer = ChainPair(windows, {chains[0], chains[1]}, others)
                          .fit(1'000'000, [] { return false; });
  EXPECT_NE(answer, ChainPair::Answer::kStopped);
  return answer == ChainPair::Answer::kFits;
}

TEST(ChainPair, FitsIntoTheLeastMakespanAndNoLess) {
  for (uint64_t seed = 1; seed <= 1500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = two_chains(seed);
    const Problem problem(instance);
    const int64_t least = Oracle(instance).lexicographic({{Level::kMakespan}}).front();
    ASSERT_TRUE(fits(problem, least));
    ASSERT_FALSE(fits(problem, least - 1));
  }
}

// Lanes that others take all the time might as well not be there.
TEST(ChainPair, OthersTakeLanesAway) {
  for (uint64_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = two_chains(seed);
    const Problem problem(instance);
    Instance wider = instance;
    std::vector<PoolLoad> others;
    for (uint32_t pool = 0; pool < wider.pools.size(); ++pool) {
      wider.pools[pool].lanes.emplace_back(static_cast<uint32_t>(wider.lane_names.size()));
      wider.lane_names.emplace_back("more");
      others.push_back({pool, Nanos(0), Nanos(7), 1});
      others.push_back({pool, Nanos(7), Nanos(1000), 1});
    }
    const Problem more(wider);
    for (const int64_t makespan : {5, 10, 15, 20, 30})
      ASSERT_EQ(fits(more, makespan, others), fits(problem, makespan)) << makespan;
  }
}

TEST(ChainPair, StopsWhenToldTo) {
  const Instance instance = two_chains(3);
  const Problem problem(instance);
  Windows windows(problem);
  const std::vector<ChainPair::Chain> chains = longest_chains(windows);
  EXPECT_EQ(ChainPair(windows, {chains[0], chains[1]}).fit(0, [] { return false; }),
            ChainPair::Answer::kStopped);
}

}  // namespace
}  // namespace takt
