#include "app/learning.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/rng.h"

namespace takt {
namespace {

class DriftTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "takt-drift-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    dir_ = name;
    auto db = CostDb::open(dir_ / "costs.sqlite", CostDb::Access::kWrite);
    ASSERT_TRUE(db.ok()) << db.error().message;
    db_ = std::make_unique<CostDb>(std::move(db).value());
  }
  void TearDown() override {
    db_.reset();
    std::filesystem::remove_all(dir_);
  }

  // Runs of 30 samples each around `ns`, spread by 20 %.
  void runs(int kernel, int count, int64_t ns, bool cold = false) {
    for (int run = 0; run < count; ++run) {
      CostRecord record{key(kernel), {"kernel" + std::to_string(kernel), "net", "0"},
                        {CostSource::kRun, 100, cold, false}, {}};
      for (int i = 0; i < 30; ++i)
        record.samples.push_back(Nanos(rng_.between(ns * 9 / 10, ns * 11 / 10)));
      ASSERT_TRUE(db_->record("host", {&record, 1}).ok());
    }
  }
  static CostKey key(int kernel) {
    CostKey key;
    key.kernel_hash = std::to_string(kernel);
    key.lane_class = "core";
    return key;
  }
  std::vector<CostChange> drifted() {
    const auto entries = db_->entries("host").value();
    return drifted_costs(*db_, "host", entries).value();
  }

  Rng rng_{7};
  std::filesystem::path dir_;
  std::unique_ptr<CostDb> db_;
};

TEST_F(DriftTest, ThreeRunsThatAgreeAreAChange) {
  runs(1, 8, 10'000);
  runs(2, 8, 10'000);
  EXPECT_TRUE(drifted().empty());
  runs(1, 2, 15'000);
  EXPECT_TRUE(drifted().empty());
  runs(1, 1, 15'000);
  runs(2, 3, 10'000);
  const std::vector<CostChange> changes = drifted();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].key, key(1));
  EXPECT_EQ(changes[0].entry, "kernel1");
  EXPECT_NEAR(changes[0].ratio(), 1.5, 0.1);
}

TEST_F(DriftTest, OneOddRunAndAnotherConditionAreNone) {
  runs(1, 6, 10'000);
  runs(1, 1, 40'000);
  runs(1, 4, 30'000, true);    // cold: another condition
  runs(1, 6, 10'000);
  EXPECT_TRUE(drifted().empty());
}

TEST(ChangedCosts, LargestRatioFirstEitherWay) {
  CostTable before, after;
  std::vector<CostEntry> names;
  const auto add = [&](const char* hash, int64_t old_ns, int64_t new_ns) {
    CostKey key;
    key.kernel_hash = hash;
    CostStats stats;
    stats.median = Nanos(old_ns);
    if (old_ns) before.set(key, stats);
    stats.median = Nanos(new_ns);
    if (new_ns) after.set(key, stats);
    names.push_back({key, hash, "net", {}});
  };
  add("same", 100, 104);
  add("slower", 100, 130);
  add("faster", 100, 50);
  add("new", 0, 10);
  add("gone", 10, 0);
  const std::vector<CostChange> changes = changed_costs(names, before, after, 5);
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].entry, "faster");
  EXPECT_EQ(changes[1].entry, "slower");
}

}  // namespace
}  // namespace takt
