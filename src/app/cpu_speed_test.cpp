#include "app/cpu_speed.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <vector>

#include "base/file.h"

namespace takt {
namespace {

class CpuSpeed : public testing::Test {
 protected:
  ~CpuSpeed() override { std::filesystem::remove_all(root_); }
  void add(int cpu, const std::string& allowed, const std::string& highest) {
    const std::string dir = root_ + "/cpu" + std::to_string(cpu) + "/cpufreq";
    std::filesystem::create_directories(dir);
    EXPECT_TRUE(write_file(dir + "/scaling_max_freq", allowed + "\n").ok());
    EXPECT_TRUE(write_file(dir + "/cpuinfo_max_freq", highest + "\n").ok());
  }
  std::optional<uint32_t> pct(std::vector<int> cpus) { return allowed_speed_pct(cpus, root_); }

 private:
  const std::string root_ = testing::TempDir() + "cpu_speed." + std::to_string(::getpid());
};

TEST_F(CpuSpeed, TheSlowestCoreOfAClusterSaysHowFastItIs) {
  add(0, "2200000", "2200000");
  add(1, "1540000", "2200000");
  EXPECT_EQ(pct({0}), 100u);
  EXPECT_EQ(pct({1}), 70u);
  EXPECT_EQ(pct({0, 1}), 70u);
}

TEST_F(CpuSpeed, AHostThatDoesNotSayIsNotGuessed) {
  add(0, "2200000", "0");
  add(1, "fast", "2200000");
  EXPECT_EQ(pct({0}), std::nullopt);
  EXPECT_EQ(pct({1}), std::nullopt);
  EXPECT_EQ(pct({7}), std::nullopt);
  EXPECT_EQ(pct({-1}), std::nullopt);
  EXPECT_EQ(pct({}), std::nullopt);
}

}  // namespace
}  // namespace takt
