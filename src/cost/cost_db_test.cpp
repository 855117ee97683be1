#include "cost/cost_db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <map>
#include <optional>

#include "base/file.h"
#include "base/rng.h"
#include "cost/cost_db_case.h"
#include "cost/sqlite.h"
#include "cost/summary.h"

namespace takt {
namespace {

TEST_F(CostDbTest, GivesBackWhatWasRecorded) {
  const CostKey key = key_of(1);
  {
    CostDb database = open();
    EXPECT_FALSE(*database.has("host", key));
    ASSERT_TRUE(database.record("host", key, kOrigin, samples_of(101, 200)).ok());
  }
  CostDb database = open(CostDb::Access::kRead);
  EXPECT_TRUE(*database.has("host", key));
  EXPECT_FALSE(*database.has("other host", key));
  EXPECT_EQ(database.table("other host")->size(), 0u);
  const CostTable table = database.table("host").value();
  ASSERT_EQ(table.size(), 1u);
  EXPECT_EQ(table.begin()->first, key);
  const CostStats& stats = table.begin()->second;
  EXPECT_EQ(stats.count, 100);
  EXPECT_EQ(stats.min, nanos(101));
  EXPECT_EQ(stats.median, nanos(150));
  EXPECT_EQ(stats.p95, nanos(195));
  EXPECT_EQ(stats.max, nanos(200));
}

TEST_F(CostDbTest, TellsEveryPartOfTheKeyApart) {
  CostDb database = open();
  std::vector<CostKey> keys(7, key_of(1));
  keys[1].kernel_hash = "";
  keys[2].workgroups[0] = 5;
  keys[3].workgroups[2] = 5;
  keys[4].lane_class = "core.little";
  keys[5].width = 2;
  keys[6].variant = "tiled";
  for (const CostKey& key : keys) {
    EXPECT_FALSE(*database.has("host", key));
    ASSERT_TRUE(database.record("host", key, kOrigin, samples_of(5, 5)).ok());
  }
  EXPECT_EQ(database.table("host")->size(), keys.size());
}

TEST_F(CostDbTest, PoolsTheNewestBatchesAndKeepsHistory) {
  CostDb database = open();
  const CostKey key = key_of(1);
  ASSERT_TRUE(database.record("host", key, kOrigin, samples_of(9'000, 9'000)).ok());
  std::vector<Nanos> pooled;
  for (int batch = 0; batch < CostDb::kPooledBatches; ++batch) {
    const auto samples = samples_of(100 * (batch + 1), 100 * (batch + 1) + 9);
    pooled.insert(pooled.end(), samples.begin(), samples.end());
    ASSERT_TRUE(database.record("host", key, kOrigin, samples).ok());
  }
  const CostStats stats = database.table("host")->begin()->second;
  const CostStats expected = summarise(pooled);    // the first batch, 9000 ns, has faded out
  EXPECT_EQ(stats.count, expected.count);
  EXPECT_EQ(stats.median, expected.median);
  EXPECT_EQ(stats.max, expected.max);

  const auto history = database.history("host", key).value();
  ASSERT_EQ(history.size(), 1u + CostDb::kPooledBatches);
  EXPECT_EQ(history.front().stats.min, nanos(400));
  EXPECT_EQ(history.back().stats.max, nanos(9'000));
  EXPECT_EQ(history.front().takt_version, "0.1.0");
  EXPECT_GT(history.front().recorded_s, 1'600'000'000);
}

TEST_F(CostDbTest, BoundsTheHistory) {
  CostDb database = open();
  for (int i = 1; i <= CostDb::kHistoryBatches + 3; ++i)
    ASSERT_TRUE(database.record("host", key_of(1), kOrigin, samples_of(i, i)).ok());
  const auto history = database.history("host", key_of(1)).value();
  ASSERT_EQ(history.size(), static_cast<size_t>(CostDb::kHistoryBatches));
  EXPECT_EQ(history.back().stats.min, nanos(4));
}

TEST_F(CostDbTest, ListsAndForgetsHosts) {
  CostDb database = open();
  for (int kernel = 0; kernel < 3; ++kernel)
    ASSERT_TRUE(database.record("a", key_of(kernel), kOrigin, samples_of(1, 2)).ok());
  ASSERT_TRUE(database.record("b", key_of(0), kOrigin, samples_of(1, 2)).ok());
  std::map<std::string, int64_t> costs;
  for (const CostHost& host : *database.hosts()) costs[host.fingerprint] = host.costs;
  EXPECT_EQ(costs, (std::map<std::string, int64_t>{{"a", 3}, {"b", 1}}));
  ASSERT_TRUE(database.forget("a").ok());
  ASSERT_EQ(database.hosts()->size(), 1u);
  EXPECT_EQ(database.hosts()->front().fingerprint, "b");
  EXPECT_TRUE(database.history("a", key_of(0))->empty());
}

TEST_F(CostDbTest, RefusesACostOfZero) {
  CostDb database = open();
  const Status status = database.record("host", key_of(1), kOrigin, samples_of(0, 3));
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(status.error().message, HasSubstr(kOrigin.entry));
  EXPECT_FALSE(*database.has("host", key_of(1)));
}

TEST_F(CostDbTest, AgreesWithAMapOverRandomRecords) {
  const uint64_t seed = 20;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Rng rng(seed);
  std::map<CostKey, std::vector<std::vector<Nanos>>> model;
  std::optional<CostDb> database = open();
  for (int step = 0; step < 120; ++step) {
    const CostKey key = key_of(static_cast<int>(rng.below(5)), 1 << rng.below(2));
    std::vector<Nanos> samples;
    for (uint64_t n = 1 + rng.below(30); n > 0; --n)
      samples.push_back(Nanos(rng.between(1, 1'000'000)));
    ASSERT_TRUE(database->record("host", key, kOrigin, samples).ok());
    model[key].push_back(samples);
    if (rng.below(10) == 0) {
      database.reset();
      database = open();
    }
  }
  const CostTable table = database->table("host").value();
  ASSERT_EQ(table.size(), model.size());
  for (const auto& [key, stats] : table) {
    const auto& batches = model.at(key);
    std::vector<Nanos> newest;
    const size_t first = batches.size() > 4 ? batches.size() - 4 : 0;
    for (size_t i = first; i < batches.size(); ++i)
      newest.insert(newest.end(), batches[i].begin(), batches[i].end());
    const CostStats expected = summarise(newest);
    EXPECT_EQ(stats.count, expected.count);
    EXPECT_EQ(stats.min, expected.min);
    EXPECT_EQ(stats.median, expected.median);
    EXPECT_EQ(stats.p95, expected.p95);
    EXPECT_EQ(stats.max, expected.max);
  }
}

TEST_F(CostDbTest, ReadsAndWritesFromTwoConnectionsAtOnce) {
  CostDb first = open();
  CostDb second = open();
  CostDb reader = open(CostDb::Access::kRead);
  ASSERT_TRUE(first.record("host", key_of(1), kOrigin, samples_of(1, 2)).ok());
  ASSERT_TRUE(second.record("host", key_of(2), kOrigin, samples_of(1, 2)).ok());
  EXPECT_EQ(reader.table("host")->size(), 2u);
}

TEST_F(CostDbTest, SaysWhenThereIsNoDatabase) {
  expect_error(CostDb::Access::kRead, Error::Kind::kUsage, "takt profile");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(CostDbTest, SaysWhenItHoldsNothingYet) {
  ASSERT_TRUE(write_file(path_, "").ok());
  expect_error(CostDb::Access::kRead, Error::Kind::kUsage, "takt profile");
}

TEST_F(CostDbTest, RefusesAFileThatIsNoDatabaseAndLeavesIt) {
  const std::string text = "modules:\n" + std::string(5'000, '#');
  ASSERT_TRUE(write_file(path_, text).ok());
  expect_error(CostDb::Access::kWrite, Error::Kind::kUsage, "is not a cost database");
  expect_error(CostDb::Access::kRead, Error::Kind::kUsage, "is not a cost database");
  EXPECT_EQ(*read_file(path_), text);
}

TEST_F(CostDbTest, RefusesAnotherProgramsDatabaseAndLeavesIt) {
  run_sql("CREATE TABLE songs(name TEXT)");
  const std::string before = read_file(path_).value();
  expect_error(CostDb::Access::kWrite, Error::Kind::kUsage, "another program");
  expect_error(CostDb::Access::kRead, Error::Kind::kUsage, "another program");
  EXPECT_EQ(*read_file(path_), before);
}

TEST_F(CostDbTest, RefusesAnotherVersion) {
  { CostDb database = open(); }
  run_sql("PRAGMA user_version = 7");
  for (const auto access : {CostDb::Access::kWrite, CostDb::Access::kRead}) {
    expect_error(access, Error::Kind::kUsage, "version 7");
    expect_error(access, Error::Kind::kUsage, "this takt reads versions up to 2");
  }
}

TEST_F(CostDbTest, RefusesADirectoryAndAMissingDirectory) {
  path_ = directory_;
  expect_error(CostDb::Access::kWrite, Error::Kind::kUsage, "is a directory");
  path_ = directory_ / "missing" / "costs.db";
  expect_error(CostDb::Access::kWrite, Error::Kind::kFailed, "directory exists");
}

TEST_F(CostDbTest, ReportsDamageAndDoesNotCrash) {
  {
    CostDb database = open();
    for (int kernel = 0; kernel < 200; ++kernel)
      ASSERT_TRUE(database.record("host", key_of(kernel), kOrigin, samples_of(1, 300)).ok());
  }
  const std::string whole = read_file(path_).value();
  int failures = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Rng rng(seed);
    std::string bytes = whole.substr(0, seed % 3 == 0 ? rng.below(whole.size()) : whole.size());
    for (int i = 0; i < 200 && !bytes.empty(); ++i)
      bytes[rng.below(bytes.size())] = static_cast<char>(rng.below(256));
    ASSERT_TRUE(write_file(path_, bytes).ok());
    auto database = CostDb::open(path_, CostDb::Access::kWrite);
    Status status = database.ok() ? Status() : Status(database.error());
    if (status.ok()) {
      const auto table = database->table("host");
      if (!table.ok()) status = table.error();
    }
    if (status.ok()) status = database->record("host", key_of(3), kOrigin, samples_of(1, 3));
    if (!status.ok()) {
      ++failures;
      EXPECT_THAT(status.error().message, HasSubstr(path_));
    }
    for (const char* suffix : {"-wal", "-shm"}) std::filesystem::remove(path_ + suffix);
  }
  EXPECT_GT(failures, 20);
}

// A file-size limit makes writes fail as a failing disk does: IOERR from the VFS.
TEST_F(CostDbTest, KeepsWhatItHasWhenWritingFails) {
  std::optional<CostDb> database = open();
  ASSERT_TRUE(database->record("host", key_of(0), kOrigin, samples_of(1, 100)).ok());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit limited = {256 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &limited), 0);
  Status status;
  int recorded = 1;
  while (status.ok() && recorded < 10'000) {
    status = database->record("host", key_of(recorded), kOrigin, samples_of(1, 500));
    if (status.ok()) ++recorded;
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().kind, Error::Kind::kFailed);
  EXPECT_THAT(status.error().message, HasSubstr(path_));
  EXPECT_THAT(status.error().message, HasSubstr("it resumes"));
  EXPECT_FALSE(*database->has("host", key_of(recorded)));

  // The same connection goes on, and a new one finds everything.
  ASSERT_TRUE(database->record("host", key_of(recorded), kOrigin, samples_of(1, 500)).ok());
  database.reset();
  EXPECT_EQ(open().table("host")->size(), static_cast<size_t>(recorded) + 1);
}

TEST_F(CostDbTest, SurvivesAKilledProfile) {
  const int acknowledged = killed_while(20, 0, [](CostDb& database, int kernel) {
    return database.record("host", key_of(kernel), kOrigin, samples_of(1, 50));
  });
  CostDb database = open();
  for (int kernel = 0; kernel < acknowledged; ++kernel)
    EXPECT_TRUE(*database.has("host", key_of(kernel))) << kernel;
  EXPECT_TRUE(database.record("host", key_of(9'999), kOrigin, samples_of(1, 50)).ok());
}

TEST_F(CostDbTest, HandlesPathsThatLookLikeUris) {
  path_ = directory_ / "a?mode=ro&b#c%41.db";
  ASSERT_TRUE(open().record("host", key_of(1), kOrigin, samples_of(1, 1)).ok());
  EXPECT_TRUE(std::filesystem::exists(path_));
  EXPECT_TRUE(*open(CostDb::Access::kRead).has("host", key_of(1)));
}

TEST(SqliteExplain, NamesThePathAndWhatToDo) {
  const std::pair<int, const char*> cases[] = {
      {SQLITE_FULL, "disk is full"},          {SQLITE_IOERR_WRITE, "check the disk"},
      {SQLITE_NOTADB, "name another file"},   {SQLITE_CORRUPT, "move it away"},
      {SQLITE_CANTOPEN, "directory"},         {SQLITE_READONLY_DIRECTORY, "writable"},
      {SQLITE_BUSY_SNAPSHOT, "wait for it"},  {SQLITE_NOMEM, "cost database failed"}};
  for (const auto& [code, what] : cases) {
    const Error error = sqlite::explain(code, "my/costs.db", "detail");
    EXPECT_EQ(error.message.rfind("my/costs.db: ", 0), 0u) << error.message;
    EXPECT_THAT(error.message, HasSubstr(what));
  }
}

}  // namespace
}  // namespace takt
