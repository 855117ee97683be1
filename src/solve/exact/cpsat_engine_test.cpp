// CP-SAT against the enumeration oracle on tiny random instances with every feature, on every
// level; and how it ends. Skipped, visibly, where TAKT_CPSAT names no library.
#include "solve/exact/cpsat_engine.h"

#include <gtest/gtest.h>

#include "solve/oracle.h"
#include "solve/random_features.h"
#include "solve/schedule_check.h"

namespace takt::exact {
namespace {

class CpSat : public testing::Test {
 protected:
  void SetUp() override {
    Result<CpSatLibrary> library = CpSatLibrary::open();
    if (!library) GTEST_SKIP() << library.error().message;
    library_ = *library;
  }
  CpSatOutcome run(const Problem& problem, const CpSatRequest& request) {
    CpSatOutcome outcome = run_cpsat(*library_, problem, request);
    EXPECT_EQ(outcome.error, "");
    if (outcome.schedule) {
      EXPECT_EQ(fault_of(problem.instance(), problem, *outcome.schedule), "");
      const Score score = score_of(problem, *outcome.schedule);
      EXPECT_EQ(score.overrun, Nanos(0));
      EXPECT_GE(score[request.question.level], outcome.bound);
      EXPECT_LT(score[request.question.level], request.question.upper);
      for (const LevelCap& cap : request.question.caps) EXPECT_LE(score[cap.level], cap.value);
    }
    return outcome;
  }
  // The level's best value under the caps; nullopt: there is no schedule.
  std::optional<int64_t> best(const Problem& problem, Level level,
                              const std::vector<LevelCap>& caps = {}) {
    CpSatRequest request;
    request.question = {.level = level, .caps = caps};
    const CpSatOutcome outcome = run(problem, request);
    if (outcome.status == CpSatOutcome::Status::kNoBetter) return std::nullopt;
    EXPECT_EQ(name_of(outcome.status), "optimal");
    return outcome.bound;
  }

  std::optional<CpSatLibrary> library_;
};

Instance tiny(uint64_t seed) {
  return random_feature_instance(seed, {.ops_max = 4, .duration_max = 5});
}

TEST_F(CpSat, FindsTheLeastValueOfEveryRegularLevel) {
  for (uint64_t seed = 1; seed <= 250; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = tiny(seed);
    const Problem problem(instance);
    const Oracle oracle(instance, {.each_lane = true, .idle_until = Nanos(0)});
    for (const Level level : kLevels) {
      if (level == Level::kControlJitter) continue;
      const std::optional<int64_t> found = best(problem, level);
      ASSERT_EQ(found.has_value(), oracle.feasible()) << name_of(level);
      if (found) {
        ASSERT_EQ(*found, oracle.least(level)) << name_of(level);
      }
    }
  }
}

// Idles on purpose: small windows keep the oracle's integer starts few.
TEST_F(CpSat, FindsTheLeastControlJitter) {
  int positive = 0;
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Instance instance = random_feature_instance(seed, {.ops_max = 3, .duration_max = 3});
    for (Job& job : instance.jobs) job.task = TaskId(0u);
    instance.tasks[0].jitter_max = Nanos(0);
    const Problem problem(instance);
    const Oracle oracle(instance, {.each_lane = true, .idle_until = Nanos(30)});
    const std::optional<int64_t> found = best(problem, Level::kControlJitter);
    ASSERT_EQ(found.has_value(), oracle.feasible());
    if (!found) continue;
    ASSERT_EQ(*found, oracle.least(Level::kControlJitter));
    positive += *found > 0;
  }
  EXPECT_GT(positive, 5);
}

TEST_F(CpSat, SettlesLevelAfterLevel) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Instance instance = tiny(seed);
    const Problem problem(instance);
    Objective objective;
    for (const Level level : kLevels)
      if (level != Level::kControlJitter && rng.below(2) == 0)
        objective.push_back({level, rng.between(0, 2), rng.between(0, 1) * 100'000});
    for (size_t i = objective.size(); i > 1; --i) std::swap(objective[i - 1], objective[rng.below(i)]);
    const Oracle oracle(instance, {.each_lane = true, .idle_until = Nanos(0)});
    if (!oracle.feasible()) continue;
    const std::vector<int64_t> expected = oracle.lexicographic(objective);
    std::vector<LevelCap> caps;
    for (size_t i = 0; i < objective.size(); ++i) {
      const std::optional<int64_t> found = best(problem, objective[i].level, caps);
      ASSERT_TRUE(found);
      ASSERT_EQ(*found, expected[i]) << text_of(objective) << " level " << i;
      caps.push_back({objective[i].level, objective[i].allowed(*found)});
    }
  }
}

}  // namespace
}  // namespace takt::exact
