// CP-SAT against the enumeration oracle on tiny random instances with every feature, on every
// level; and how it ends. Skipped, visibly, where TAKT_CPSAT names no library.
#include "solve/exact/cpsat_engine.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "solve/oracle.h"
#include "solve/random_features.h"
#include "solve/schedule_check.h"
#include "solve/tiny_instances.h"

namespace takt::exact {
namespace {

class CpSat : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "the thread sanitizer does not survive fork in a program with threads";
#endif
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
    for (size_t i = objective.size(); i > 1; --i)
      std::swap(objective[i - 1], objective[rng.below(i)]);
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

// All of one operation; of more, every k-th: some 500 of each size.
TEST_F(CpSat, SolvesTinyJobShops) {
  const char* const chosen = std::getenv("TAKT_TINY_OFFSET");
  const uint64_t offset = chosen != nullptr ? std::strtoull(chosen, nullptr, 10) : 20'261;
  std::printf("TAKT_TINY_OFFSET=%llu\n", static_cast<unsigned long long>(offset));
  for (uint32_t ops = 1; ops <= 5; ++ops) {
    const TinyInstances all(ops);
    const uint64_t step = std::max<uint64_t>(1, all.count() / 500);
    for (uint64_t index = offset % step; index < all.count(); index += step) {
      const std::optional<Instance> instance = all.at(index);
      if (!instance) continue;
      const Oracle oracle(*instance);
      const Problem problem(*instance);
      for (const Level level : {Level::kMakespan, Level::kSoftTardiness})
        ASSERT_EQ(best(problem, level), oracle.least(level))
            << instance->name << ' ' << name_of(level);
    }
  }
}

// Machines, modes and precedence only: what the tuning of plain shops applies to.
TEST_F(CpSat, SolvesPlainShopsWithDeadlines) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Instance instance = random_instance(seed, {.pools_max = 3, .ops_max = 6});
    instance.lane_names.resize(instance.pools.size());
    for (uint32_t p = 0; p < instance.pools.size(); ++p) instance.pools[p].lanes = {LaneId(p)};
    for (Operation& op : instance.operations)
      for (Mode& mode : op.modes) {
        mode.demands.resize(1);
        mode.demands[0].count = 1;
      }
    const Problem problem(instance);
    const Oracle oracle(instance);
    for (const Level level : {Level::kHardMisses, Level::kFirmMisses, Level::kHardTardiness,
                              Level::kSoftTardiness, Level::kMakespan, Level::kBusy}) {
      ASSERT_EQ(best(problem, level), oracle.least(level)) << name_of(level);
    }
  }
}

TEST_F(CpSat, ProvesThatNothingIsBetter) {
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = tiny(seed);
    const Problem problem(instance);
    CpSatRequest request;
    request.question.level = Level::kMakespan;
    const CpSatOutcome first = run(problem, request);
    if (!first.schedule) continue;
    request.question.hint = first.schedule;
    request.question.upper = first.bound;
    const CpSatOutcome proof = run(problem, request);
    EXPECT_EQ(name_of(proof.status), "no_better");
    EXPECT_EQ(proof.bound, first.bound);
    request.question.upper = first.bound + 1;
    EXPECT_EQ(run(problem, request).bound, first.bound);
    request.question.lower = first.bound;
    EXPECT_EQ(run(problem, request).bound, first.bound);
  }
}

TEST_F(CpSat, KeepsFixedOperations) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_feature_instance(seed, {.ops_max = 6});
    const Problem problem(instance);
    CpSatRequest request;
    request.question.level = Level::kMakespan;
    const CpSatOutcome first = run(problem, request);
    if (!first.schedule) continue;
    request.question.hint = first.schedule;
    for (uint32_t op = 0; op < problem.size(); op += 2) request.question.fixed.push_back(op);
    request.question.level = Level::kBusy;
    const CpSatOutcome second = run(problem, request);
    ASSERT_EQ(name_of(second.status), "optimal");
    for (const uint32_t op : request.question.fixed) {
      EXPECT_EQ(second.schedule->start[op], first.schedule->start[op]);
      EXPECT_EQ(second.schedule->mode[op], first.schedule->mode[op]);
    }
  }
}

TEST_F(CpSat, IsDeterministicWhenAsked) {
  const Instance instance =
      random_instance(7, {.lanes_max = 4, .jobs_max = 10, .ops_min = 40, .ops_max = 40});
  const Problem problem(instance);
  CpSatRequest request;
  request.question.level = Level::kMakespan;
  request.deterministic = true;
  request.time_limit = millis(50);
  const CpSatOutcome a = run(problem, request), b = run(problem, request);
  EXPECT_EQ(a.status, b.status);
  EXPECT_EQ(a.bound, b.bound);
  ASSERT_EQ(a.schedule.has_value(), b.schedule.has_value());
  if (a.schedule) {
    EXPECT_EQ(a.schedule->start, b.schedule->start);
    EXPECT_EQ(a.schedule->lanes, b.schedule->lanes);
  }
}

// Whenever it is stopped, before the start and after the end included, it returns and what it
// says is valid. The limit would be minutes; the test has no clock of its own.
TEST_F(CpSat, StopsWheneverItIsTold) {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance =
        random_instance(seed, {.lanes_max = 6, .jobs_max = 30, .ops_min = 200, .ops_max = 200});
    const Problem problem(instance);
    CpSatRequest request;
    request.question.level = Level::kMakespan;
    request.time_limit = seconds(1000);
    std::stop_source source;
    request.stop = source.get_token();
    Rng rng(seed);
    std::thread stopper([&, spins = rng.below(1u << (10 + seed % 16))] {
      volatile uint64_t sink = 0;
      for (uint64_t i = 0; i < spins; ++i) sink = sink + i;
      source.request_stop();
    });
    const CpSatOutcome outcome = run(problem, request);
    stopper.join();
    EXPECT_NE(name_of(outcome.status), "error");
  }
}

TEST_F(CpSat, SaysWhenTimesAreTooLarge) {
  Instance instance = *TinyInstances(2).at(0);
  instance.operations[0].modes[0].duration = Nanos(int64_t{1} << 60);
  const Problem problem(instance);
  CpSatRequest request;
  request.question.level = Level::kBusy;
  const CpSatOutcome outcome = run_cpsat(*library_, problem, request);
  EXPECT_EQ(name_of(outcome.status), "error");
  EXPECT_EQ(outcome.error, "CP-SAT: times or weights are too large for it (sums reach 2^60)");
}

TEST(CpSatLibrary, SaysWhatIsMissing) {
  const Result<CpSatLibrary> unset = CpSatLibrary::open("");
  ASSERT_FALSE(unset);
  EXPECT_EQ(unset.error().message,
            "no CP-SAT: TAKT_CPSAT is not set; ./takt setup brings OR-Tools, TAKT_CPSAT names its "
            "library");
  const Result<CpSatLibrary> absent = CpSatLibrary::open("/nowhere/libortools.so.9");
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find("/nowhere/libortools.so.9"), std::string::npos);
  const std::string garbage = testing::TempDir() + "/takt_garbage.so";
  std::ofstream(garbage) << "this is no library";
  const Result<CpSatLibrary> bad = CpSatLibrary::open(garbage);
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find(garbage), std::string::npos) << bad.error().message;
  std::remove(garbage.c_str());
  const Result<CpSatLibrary> other = CpSatLibrary::open("libm.so.6");
  ASSERT_FALSE(other);
  EXPECT_NE(other.error().message.find("libm.so.6: has no function SolveCp"), std::string::npos)
      << other.error().message;
}

}  // namespace
}  // namespace takt::exact
