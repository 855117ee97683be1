// A cost database in a directory of its own, for tests.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "cost/cost_db.h"

namespace takt {

using testing::HasSubstr;

inline const CostOrigin kOrigin = {"main_dispatch_0_matmul", "policy", "0.1.0"};

class CostDbTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "takt-cost-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    path_ = directory_ / "costs.db";
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  CostDb open(CostDb::Access access = CostDb::Access::kWrite) {
    auto database = CostDb::open(path_, access);
    EXPECT_TRUE(database.ok()) << database.error().message;
    return std::move(database).value();
  }

  // The error of opening must name the path and contain `what`.
  void expect_error(CostDb::Access access, Error::Kind kind, const std::string& what) {
    const auto database = CostDb::open(path_, access);
    ASSERT_FALSE(database.ok());
    EXPECT_EQ(database.error().kind, kind) << database.error().message;
    EXPECT_THAT(database.error().message, HasSubstr(path_));
    EXPECT_THAT(database.error().message, HasSubstr(what));
  }

  void run_sql(const char* sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr), SQLITE_OK)
        << sqlite3_errmsg(handle);
    sqlite3_close(handle);
  }

  // A process that calls record(database, turn) for turn 0, 1, ... and is killed when it has done
  // `wanted` turns and a loop here has spun `spin` times. How many it had done.
  template <class Record>
  int killed_while(int wanted, uint64_t spins, Record record) {
    int pipe_ends[2];
    EXPECT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    EXPECT_GE(child, 0);
    if (child == 0) {
      auto database = CostDb::open(path_, CostDb::Access::kWrite);
      for (int turn = 0; database.ok(); ++turn)
        if (!record(*database, turn).ok() || ::write(pipe_ends[1], "r", 1) != 1) break;
      ::_exit(1);
    }
    ::close(pipe_ends[1]);
    int done = 0;
    char byte;
    while (done < wanted && ::read(pipe_ends[0], &byte, 1) == 1) ++done;
    for (volatile uint64_t spin = spins; spin > 0;) spin = spin - 1;
    EXPECT_EQ(::kill(child, SIGKILL), 0);
    EXPECT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(pipe_ends[0], &byte, 1) == 1) ++done;
    ::close(pipe_ends[0]);
    EXPECT_GE(done, wanted);
    return done;
  }

  std::filesystem::path directory_;
  std::string path_;
};

inline CostKey key_of(int kernel, int width = 1) {
  CostKey key;
  key.kernel_hash = "kernel" + std::to_string(kernel);
  key.workgroups = {4, 2, 4'000'000'000u};
  key.lane_class = "core.big";
  key.width = width;
  return key;
}

inline std::vector<Nanos> samples_of(int64_t from_ns, int64_t to_ns) {
  std::vector<Nanos> samples;
  for (int64_t ns = from_ns; ns <= to_ns; ++ns) samples.push_back(Nanos(ns));
  return samples;
}

}  // namespace takt
