#include "model/detect_soc.h"

#include <gtest/gtest.h>
#include <sched.h>

#include "model/synthetic_topology.h"

namespace takt {
namespace {

// A topology as text, in hwloc's synthetic notation.
Soc soc_of(const char* synthetic, const std::set<int>& usable) {
  return soc_of_topology(synthetic_topology(synthetic).get(), usable).value();
}

std::set<int> all(int count) {
  std::set<int> cpus;
  for (int cpu = 0; cpu < count; ++cpu) cpus.insert(cpu);
  return cpus;
}

TEST(DetectSoc, OneLanePerCoreNotPerThread) {
  const Soc soc = soc_of("package:1 l3:1 core:4 pu:2", all(8));
  ASSERT_EQ(soc.clusters.size(), 1u);
  EXPECT_EQ(soc.clusters[0].cpus, (std::vector<int>{0, 2, 4, 6}));
  EXPECT_EQ(soc.lanes[3].name, "cpu.3");
  EXPECT_EQ(soc.lanes[3].cpu, 6);
}

TEST(DetectSoc, OneClusterPerLastLevelCache) {
  const Soc soc = soc_of("package:1 l3:2 l2:2 core:1 pu:1", all(4));
  ASSERT_EQ(soc.clusters.size(), 2u);
  EXPECT_EQ(soc.clusters[0].cpus, (std::vector<int>{0, 1}));
  EXPECT_EQ(soc.clusters[1].cpus, (std::vector<int>{2, 3}));
  EXPECT_EQ(soc.clusters[0].core_class, soc.clusters[1].core_class);
}

TEST(DetectSoc, PrivateCachesDoNotSplitAMachine) {
  EXPECT_EQ(soc_of("package:1 l2:4 core:1 pu:1", all(4)).clusters.size(), 1u);
  EXPECT_EQ(soc_of("package:2 l2:1 core:1 pu:1", all(2)).clusters.size(), 1u);
  EXPECT_EQ(soc_of("pu:3", all(3)).clusters.size(), 1u);
}

TEST(DetectSoc, OnlyUsableCpus) {
  const Soc soc = soc_of("package:1 l3:2 core:2 pu:2", {1, 2, 3});
  ASSERT_EQ(soc.clusters.size(), 1u);
  EXPECT_EQ(soc.clusters[0].cpus, (std::vector<int>{1, 2}));
}

TEST(DetectSoc, ThisHostCanBeWrittenAndReadAgain) {
  const Result<Soc> soc = detect_soc();
  ASSERT_TRUE(soc.ok()) << soc.error().message;
  cpu_set_t allowed;
  ASSERT_EQ(sched_getaffinity(0, sizeof(allowed), &allowed), 0);
  EXPECT_LE(soc->core_lanes(), CPU_COUNT(&allowed));
  for (const Lane& lane : soc->lanes) EXPECT_TRUE(CPU_ISSET(lane.cpu, &allowed)) << lane.name;
  const std::string text = write_soc(*soc);
  const Result<Soc> again = parse_soc(text, "host.yaml");
  ASSERT_TRUE(again.ok()) << again.error().message << text;
  EXPECT_EQ(write_soc(*again), text);
}

}  // namespace
}  // namespace takt
