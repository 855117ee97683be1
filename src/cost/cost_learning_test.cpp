// The cost database under learning: conditions, files of version 1, kills, pruning.

#include <optional>

#include "base/file.h"
#include "base/rng.h"
#include "cost/cost_db_case.h"
#include "cost/summary.h"

namespace takt {
namespace {

CostRecord record_of(int kernel, const CostCondition& condition, int64_t from_ns, int64_t to_ns) {
  return {key_of(kernel), kOrigin, condition, samples_of(from_ns, to_ns)};
}

constexpr CostCondition kWarm{CostSource::kRun, 100, false, false};
constexpr CostCondition kCold{CostSource::kRun, 100, true, false};
constexpr CostCondition kBeside{CostSource::kRun, 100, false, true};
constexpr CostCondition kSlow{CostSource::kRun, 60, false, false};

TEST_F(CostDbTest, RunsReplaceTheProfileOnceThereAreEnough) {
  CostDb database = open();
  ASSERT_TRUE(database.record("host", key_of(1), kOrigin, samples_of(1001, 2000)).ok());
  const auto learn = [&](const CostCondition& condition, int64_t from, int64_t to) {
    const CostRecord record = record_of(1, condition, from, to);
    ASSERT_TRUE(database.record("host", {&record, 1}).ok());
  };
  const auto median = [&] { return database.table("host")->find(key_of(1))->median; };
  learn(kWarm, 5001, 5010);
  EXPECT_EQ(median(), nanos(1505));            // of 1010 samples
  learn(kCold, 7001, 7010);
  EXPECT_EQ(median(), nanos(5010));            // 20 samples of runs: they alone
  learn(kSlow, 9001, 9100);
  EXPECT_EQ(median(), nanos(5010));            // another speed
  learn(kBeside, 6001, 6100);
  EXPECT_EQ(median(), nanos(6050));
  const auto conditions = database.conditions("host", key_of(1)).value();
  ASSERT_EQ(conditions.size(), 5u);
  for (const auto& [condition, stats] : conditions) {
    if (condition == kCold) {
      EXPECT_EQ(stats.median, nanos(7005));
    }
    if (condition == kSlow) {
      EXPECT_EQ(stats.count, 100);
    }
  }
  const auto entries = database.entries("host").value();
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].batches, 5);
  EXPECT_EQ(entries[0].learned, 220);
  EXPECT_EQ(entries[0].entry, kOrigin.entry);
}

TEST_F(CostDbTest, EachConditionFadesOnItsOwn) {
  CostDb database = open();
  const CostRecord cold = record_of(1, kCold, 9001, 9100);
  ASSERT_TRUE(database.record("host", {&cold, 1}).ok());
  for (int run = 1; run <= 10; ++run) {
    const CostRecord warm = record_of(1, kWarm, run * 100, run * 100 + 49);
    ASSERT_TRUE(database.record("host", {&warm, 1}).ok());
  }
  const auto conditions = database.conditions("host", key_of(1)).value();
  ASSERT_EQ(conditions.size(), 2u);
  EXPECT_EQ(conditions[0].first, kWarm);
  EXPECT_EQ(conditions[0].second.count, 200);
  EXPECT_EQ(conditions[0].second.min, nanos(700));
  EXPECT_EQ(conditions[1].second.min, nanos(9001));
}

constexpr char kVersion1[] = R"sql(
CREATE TABLE cost(id INTEGER PRIMARY KEY, host TEXT NOT NULL, kernel_hash TEXT NOT NULL,
  workgroups_x INTEGER NOT NULL, workgroups_y INTEGER NOT NULL, workgroups_z INTEGER NOT NULL,
  lane_class TEXT NOT NULL, width INTEGER NOT NULL CHECK(width > 0), variant TEXT NOT NULL,
  entry TEXT NOT NULL, module TEXT NOT NULL, count INTEGER NOT NULL CHECK(count > 0),
  min_ns INTEGER NOT NULL CHECK(min_ns > 0), median_ns INTEGER NOT NULL CHECK(median_ns >= min_ns),
  p95_ns INTEGER NOT NULL CHECK(p95_ns >= median_ns),
  max_ns INTEGER NOT NULL CHECK(max_ns >= p95_ns),
  UNIQUE(host, kernel_hash, workgroups_x, workgroups_y, workgroups_z, lane_class, width, variant)
) STRICT;
CREATE TABLE batch(id INTEGER PRIMARY KEY AUTOINCREMENT,
  cost_id INTEGER NOT NULL REFERENCES cost(id) ON DELETE CASCADE, recorded_s INTEGER NOT NULL,
  takt_version TEXT NOT NULL, count INTEGER NOT NULL, min_ns INTEGER NOT NULL,
  median_ns INTEGER NOT NULL, p95_ns INTEGER NOT NULL, max_ns INTEGER NOT NULL, samples BLOB
) STRICT;
CREATE INDEX batch_of_cost ON batch(cost_id, id);
INSERT INTO cost VALUES(1,'host','kernel1',4,2,4000000000,'core.big',1,'default','matmul','net',
  3,10,20,30,30);
INSERT INTO batch VALUES(1,1,1700000000,'0.1.0',2,5,5,6,6,NULL);
INSERT INTO batch VALUES(2,1,1700000100,'0.1.0',3,10,20,30,30,x'0A0A0A');
PRAGMA application_id = 1952541556;
PRAGMA user_version = 1;
)sql";

void expect_version_1_costs(CostDb database) {
  const CostTable table = database.table("host").value();
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(table.find(key_of(1))->p95, nanos(30));
  const auto history = database.history("host", key_of(1)).value();
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(history[0].condition, CostCondition());
  EXPECT_EQ(history[1].stats.min, nanos(5));
  EXPECT_EQ(database.entries("host")->at(0).batches, 2);
}

TEST_F(CostDbTest, ReadsAFileOfVersion1AsItStands) {
  run_sql(kVersion1);
  const std::string before = read_file(path_).value();
  expect_version_1_costs(open(CostDb::Access::kRead));
  EXPECT_EQ(*read_file(path_), before);
}

TEST_F(CostDbTest, BringsAFileOfVersion1UpToDateWhenItWrites) {
  run_sql(kVersion1);
  expect_version_1_costs(open());
  expect_version_1_costs(open(CostDb::Access::kRead));
  CostDb database = open();
  const CostRecord record = record_of(1, kWarm, 101, 200);
  ASSERT_TRUE(database.record("host", {&record, 1}).ok());
  EXPECT_EQ(database.table("host")->find(key_of(1))->median, nanos(150));
  EXPECT_EQ(database.history("host", key_of(1))->size(), 3u);
}

// A child learns run after run, ten kernels each, and says when one is committed; it is killed at
// a random moment. All that it said is there, and of the last run all or nothing.
TEST_F(CostDbTest, AKilledRunLosesNothingThatWasCommitted) {
  const uint64_t seed = 20261124;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  run_sql(kVersion1);                          // the first child may die while it migrates
  constexpr int kKernels = 10;
  int64_t before = 0;
  for (int life = 0; life < 12; ++life) {
    const int wanted = static_cast<int>(rng.below(5));
    const uint64_t spins = rng.below(3'000'000);
    const int acknowledged = killed_while(wanted, spins, [](CostDb& database, int) {
      std::vector<CostRecord> run;
      for (int kernel = 0; kernel < kKernels; ++kernel)
        run.push_back(record_of(100 + kernel, kWarm, 1, 100));
      return database.record("host", run);
    });

    CostDb database = open();
    EXPECT_EQ(database.table("host")->find(key_of(1))->p95, nanos(30));
    int64_t batches = -1;
    for (const CostEntry& entry : *database.entries("host")) {
      if (entry.key == key_of(1)) continue;
      if (batches < 0) batches = entry.batches;
      EXPECT_EQ(entry.batches, batches) << "a run was recorded in part";
    }
    batches = std::max<int64_t>(batches, 0);
    EXPECT_GE(batches, std::min<int64_t>(before + acknowledged, CostDb::kHistoryBatches));
    EXPECT_LE(batches, before + acknowledged + 1);
    before = batches;
  }
}

TEST_F(CostDbTest, PrunesOldBatchesButNeverTheNewest) {
  CostDb database = open();
  for (int kernel : {1, 2})
    for (int batch = 0; batch < 3; ++batch)
      ASSERT_TRUE(database.record("host", key_of(kernel), kOrigin,
                                  samples_of(100 * batch + 1, 100 * batch + 10)).ok());
  ASSERT_TRUE(database.record("other", key_of(1), kOrigin, samples_of(1, 10)).ok());
  run_sql("UPDATE batch SET recorded_s = 1700000000 + id");
  EXPECT_EQ(*database.prune("host", 1'700'000'003), 2);   // batches 1 and 2, of kernel 1
  EXPECT_EQ(database.table("host")->find(key_of(1))->min, nanos(201));
  EXPECT_EQ(database.table("host")->find(key_of(2))->min, nanos(1));
  EXPECT_EQ(*database.prune("", 1'800'000'000), 2);
  EXPECT_EQ(database.table("other")->size(), 1u);
  EXPECT_EQ(database.history("host", key_of(2))->size(), 1u);
}

TEST_F(CostDbTest, TellsWhatACostWasThen) {
  CostDb database = open();
  for (int64_t ns : {100, 200, 300})
    ASSERT_TRUE(database.record("host", key_of(1), kOrigin, samples_of(ns, ns)).ok());
  run_sql("UPDATE batch SET recorded_s = 1700000000 + id");
  EXPECT_EQ(database.table_at("host", 1'700'000'002)->find(key_of(1))->median, nanos(200));
  EXPECT_EQ(database.table_at("host", 1'700'000'000)->size(), 0u);
}

}  // namespace
}  // namespace takt
