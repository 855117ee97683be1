// CP-SAT against the enumeration oracle on tiny random instances. Skipped, visibly, where
// TAKT_CPSAT names no library.
#include "solve/exact/cpsat_engine.h"

#include <gtest/gtest.h>

#include "solve/oracle.h"
#include "solve/random_instance.h"

namespace takt::exact {
namespace {

TEST(CpSat, FindsWhatTheOracleFinds) {
  const Result<CpSatLibrary> library = CpSatLibrary::open();
  if (!library) GTEST_SKIP() << library.error().message;
  const Level levels[] = {Level::kHardMisses, Level::kFirmMisses, Level::kSoftTardiness,
                          Level::kMakespan};
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Instance instance = random_instance(seed, {.ops_max = 5});
    const Problem problem(instance);
    const Oracle oracle(instance);
    for (size_t i = 0; i < 4; ++i) {
      CpSatRequest request;
      request.question.level = levels[i];
      const CpSatOutcome outcome = run_cpsat(*library, problem, request);
      ASSERT_EQ(name_of(outcome.status), "optimal") << outcome.error << name_of(levels[i]);
      ASSERT_EQ(outcome.bound, oracle.each()[i]) << name_of(levels[i]);
    }
  }
}

}  // namespace
}  // namespace takt::exact
