#include "solve/ruin_recreate.h"

#include <gtest/gtest.h>

#include "solve/builder.h"
#include "solve/orders.h"
#include "solve/random_features.h"
#include "solve/schedule_check.h"

namespace takt {
namespace {

// Whether the search may lose on the levels after this one: it has gained on it, or, on a count of
// misses, perhaps in lateness.
bool gained(Level level, const Score& score, const Score& before) {
  const bool misses = level == Level::kHardMisses || level == Level::kFirmMisses;
  return score[level] < before[level] || (misses && score[level] > 0);
}

// Every plan on the way is valid, its score is what score_of() says, and no level gets worse
// before another gets better.
TEST(RuinRecreate, NeverGetsWorse) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, window_sized());
    const Problem problem(instance);
    Builder builder(problem, Nanos(0));
    Schedule schedule;
    builder.build({keys_of(problem, {}), std::vector<int>(problem.size(), choice::kFastest)},
                  schedule);
    const Ranking ranking(default_objective(instance));
    RuinRecreate search(problem, ranking, Nanos(0), seed);
    search.start(schedule);
    Score before = score_of(problem, schedule);
    for (int step = 0; step < 200; ++step) {
      ASSERT_EQ(fault_of(instance, problem, search.schedule()), "");
      ASSERT_EQ(search.score(), score_of(problem, search.schedule()));
      ASSERT_LE(search.score().overrun, before.overrun);
      if (search.score().overrun == before.overrun)
        for (const LevelSpec& spec : ranking.objective()) {
          ASSERT_LE(search.score()[spec.level], before[spec.level]);
          if (gained(spec.level, search.score(), before)) break;
        }
      before = search.score();
      search.step();
    }
  }
}

}  // namespace
}  // namespace takt
