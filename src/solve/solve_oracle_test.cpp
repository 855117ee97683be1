// solve() against every schedule there is, on tiny instances of all features and levels.
#include <gtest/gtest.h>

#include "base/rng.h"
#include "solve/exact/cpsat_for_tests.h"
#include "solve/oracle.h"
#include "solve/random_features.h"
#include "solve/schedule_check.h"
#include "solve/solve.h"
#include "solve/tiny_instances.h"

namespace takt {
namespace {

// All levels in an order of the seed's, some with a tolerance.
Objective objective_of(uint64_t seed, bool jitter) {
  Rng rng(seed ^ 0x0b1ec7);
  Objective all;
  for (const Level level : kLevels)
    if (jitter || level != Level::kControlJitter)
      all.push_back({level, rng.below(4) == 0 ? rng.between(1, 3) : 0, 0});
  std::rotate(all.begin(), all.begin() + static_cast<int>(seed % all.size()), all.end());
  return all;
}

std::vector<int64_t> values_of(const Objective& objective, const Score& score) {
  std::vector<int64_t> values;
  for (const LevelSpec& spec : objective) values.push_back(score[spec.level]);
  return values;
}

// The least value of each level given that those before it have at most these values.
std::vector<int64_t> least_given(const Oracle& oracle, Objective objective,
                                 const std::vector<int64_t>& values) {
  for (LevelSpec& spec : objective) spec.tolerance = spec.tolerance_ppm = 0;
  std::vector<int64_t> least;
  for (size_t i = 0; i < objective.size(); ++i) {
    least = oracle.lexicographic(objective);
    objective[i].tolerance = std::max<int64_t>(0, values[i] - least[i]);
  }
  return least;
}

// Whether every level is as good as it can be, those before it being within their tolerance.
bool is_optimal(const Oracle& oracle, const Objective& objective,
                const std::vector<int64_t>& values) {
  const std::vector<int64_t> best = oracle.lexicographic(objective);
  for (size_t i = 0; i < objective.size(); ++i)
    if (values[i] > (i + 1 < objective.size() ? objective[i].allowed(best[i]) : best[i]))
      return false;
  return true;
}

struct Tally {
  int judged = 0, optimal = 0, proven = 0;
};

// Solves a tiny instance and holds the result against every schedule there is.
void judge(const Instance& instance, const SolveOptions& options, bool jitter, Tally& tally) {
  const Problem problem(instance);
  const SolveResult found = solve(problem, options);
  ASSERT_EQ(fault_of(instance, problem, found.schedule), "");
  ASSERT_EQ(found.score, score_of(problem, found.schedule));
  const Oracle oracle(instance, {.each_lane = true, .idle_until = Nanos(jitter ? 25 : 0)});
  if (!oracle.feasible()) return;
  ++tally.judged;
  if (found.score.overrun > Nanos(0)) return;
  const std::vector<int64_t> values = values_of(options.objective, found.score);
  tally.optimal += is_optimal(oracle, options.objective, values);
  bool proven = true;
  const std::vector<int64_t> least = least_given(oracle, options.objective, values);
  for (size_t i = 0; i < values.size(); ++i) {
    ASSERT_EQ(found.levels[i].value, values[i]);
    // With jitter the oracle sees a part of the starts only: its least may be above the truth.
    ASSERT_LE(found.levels[i].bound, jitter ? values[i] : least[i]) << found.levels[i].name;
    if (!jitter) {
      ASSERT_GE(values[i], least[i]) << found.levels[i].name;
    }
    proven &= found.levels[i].proof == ObjectiveLevel::Proof::kOptimal;
  }
  tally.proven += proven;
}

TEST(SolveOracle, ReachesTheOracleOnEveryLevel) {
  Tally tally;
  for (uint64_t seed = 1; seed <= 400; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SolveOptions options;
    options.objective = objective_of(seed, false);
    options.seed = seed;
    options.steps = 1500;
    judge(random_feature_instance(seed, {.ops_max = 5, .duration_max = 4}), options, false, tally);
    if (HasFatalFailure()) return;
  }
  std::printf("optimal %d, proven %d of %d\n", tally.optimal, tally.proven, tally.judged);
  EXPECT_GE(tally.optimal, tally.judged * 97 / 100);
}

TEST(SolveOracle, ReachesTheOracleWithControlJitter) {
  Tally tally;
  for (uint64_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SolveOptions options;
    options.objective = objective_of(seed, true);
    options.seed = seed;
    options.steps = 1500;
    judge(random_feature_instance(seed, {.ops_max = 3, .duration_max = 3}), options, true, tally);
    if (HasFatalFailure()) return;
  }
  EXPECT_GE(tally.optimal, tally.judged * 95 / 100);
}

TEST(SolveOracle, ReachesTheOracleOnTinyShops) {
  constexpr uint64_t kEach = 200;
  Tally tally;
  for (uint32_t ops = 1; ops <= 5; ++ops) {
    const TinyInstances all(ops);
    const uint64_t stride = std::max<uint64_t>(1, all.count() / kEach) | 1;
    for (uint64_t i = 0; i < all.count(); i += stride) {
      const std::optional<Instance> instance = all.at(i);
      if (!instance) continue;
      SCOPED_TRACE(instance->name);
      SolveOptions options;
      options.objective = {{Level::kSoftTardiness}, {Level::kMakespan}, {Level::kBusy}};
      if (i % 2 == 0) options.objective.erase(options.objective.begin());
      options.steps = 500;
      judge(*instance, options, false, tally);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GE(tally.optimal, tally.judged * 97 / 100);
}

TEST(SolveOracle, ProvesEveryLevelWithTheExactEngine) {
  if (!exact::CpSatLibrary::open(cpsat_for_tests())) GTEST_SKIP() << "no CP-SAT here";
  Tally tally;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SolveOptions options;
    options.objective = objective_of(seed, false);
    for (LevelSpec& spec : options.objective) spec.tolerance = 0;
    options.seed = seed;
    options.threads = 1 + static_cast<int>(seed % 3);
    options.time_limit = seconds(10);
    options.cpsat_library = cpsat_for_tests();
    judge(random_feature_instance(seed, {.ops_max = 4, .duration_max = 3}), options, false, tally);
    if (HasFatalFailure()) return;
  }
  std::printf("optimal %d, proven %d of %d\n", tally.optimal, tally.proven, tally.judged);
  EXPECT_EQ(tally.optimal, tally.judged);
  EXPECT_EQ(tally.proven, tally.judged);
}

}  // namespace
}  // namespace takt
