#include "solve/elite.h"

#include <gtest/gtest.h>

#include "solve/oracle.h"
#include "solve/random_shop.h"

namespace takt {
namespace {

Sequencing program_order(const OneLaneView& view) {
  const auto order = view.problem().topological();
  return {{order.begin(), order.end()}, std::vector<uint32_t>(view.size(), 0)};
}

TEST(EliteSearch, FindsTheOptimumOfTinyShops) {
  constexpr int kShops = 200;
  int optimal = 0;
  for (uint64_t seed = 1; seed <= kShops; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_shop(seed, {3, 3, 2, 9});
    const Problem problem(instance);
    const OneLaneView view(problem);
    EliteSearch search(view, seed);
    int64_t rounds = 0;
    const auto stop = [&] { return search.steps() > 2000 * (rounds + 1); };
    for (; rounds < 6; ++rounds) search.round(program_order(view), 0, stop);
    const int64_t best = Oracle(instance).least(Level::kMakespan);
    ASSERT_GE(search.best_makespan(), best);
    optimal += search.best_makespan() == best;
  }
  std::printf("optimal %d of %d\n", optimal, kShops);
  EXPECT_GE(optimal, kShops - 1);
}

TEST(EliteSearch, SameSeedSameSolution) {
  const Instance instance = random_shop(7, {6, 12, 10, 50});
  const Problem problem(instance);
  const OneLaneView view(problem);
  EliteSearch first(view, 3), second(view, 3);
  for (EliteSearch* search : {&first, &second})
    for (int round = 0; round < 4; ++round)
      search->round(program_order(view), 0, [] { return false; });
  EXPECT_EQ(first.best().order, second.best().order);
  EXPECT_EQ(first.best().alternative, second.best().alternative);
  EXPECT_EQ(first.steps(), second.steps());
}

}  // namespace
}  // namespace takt
