// Topologies as text in hwloc's synthetic notation, and the distances that follow from them.
#include "run/topology.h"

#include <gtest/gtest.h>

#include <numeric>

#include "model/synthetic_topology.h"

namespace takt {
namespace {

Result<Topology> topology_of(const char* synthetic, std::vector<int> cpus) {
  return Topology::of_hwloc(synthetic_topology(synthetic).get(), cpus);
}

TEST(Topology, DistancesFollowCoreCacheAndNode) {
  // Two memory nodes, each with two shared caches of two cores with two threads.
  const Topology t =
      topology_of("numa:2 l3:2 core:2 pu:2", {0, 1, 2, 4, 8}).value();
  EXPECT_EQ(t.distance(0, 0), 0u);
  EXPECT_EQ(t.distance(0, 1), 1u);   // siblings
  EXPECT_EQ(t.distance(0, 2), 2u);   // another core on the cache
  EXPECT_EQ(t.distance(0, 3), 4u);   // another cache of the node
  EXPECT_GE(t.distance(0, 4), 5u);   // another node
  for (uint32_t a = 0; a < t.lanes(); ++a)
    for (uint32_t b = 0; b < t.lanes(); ++b) EXPECT_EQ(t.distance(a, b), t.distance(b, a));
  EXPECT_EQ(t[3].cluster, 1u);
  EXPECT_EQ(t[4].node, 1u);
}

TEST(Topology, NearestComesFirstAndEqualsAreSpread) {
  const Topology t = topology_of("l3:2 core:3 pu:1", {0, 1, 2, 3, 4, 5}).value();
  EXPECT_EQ(t.nearest(1), (std::vector<uint16_t>{2, 0, 3, 4, 5}));
  EXPECT_EQ(t.nearest(5), (std::vector<uint16_t>{3, 4, 0, 1, 2}));
  EXPECT_EQ(t.cluster(1), LaneMask::first(6) - LaneMask::first(3));
}

TEST(Topology, FlatLanesHaveEqualDistances) {
  const std::vector<int> cpus(4, -1);
  const Topology t = Topology::flat(cpus);
  for (uint32_t l = 1; l < 4; ++l) EXPECT_EQ(t.distance(0, l), 3u);
}

TEST(Topology, AcceleratorsBelongToTheirCluster) {
  Soc soc;
  soc.clusters = {{.name = "big", .cores = 2}, {.name = "little", .cores = 2}};
  soc.accelerators = {{.name = "npu", .kind = "npu.ip", .cluster = ClusterId(1u)}};
  derive_lanes(soc);
  const Topology t = Topology::of_soc(soc);
  ASSERT_EQ(t.lanes(), 5u);
  EXPECT_EQ(t.accelerators(), LaneMask::of(4));
  EXPECT_EQ(t.cluster(1).count(), 3u);
  EXPECT_EQ(t.distance(2, 4), 2u);
  EXPECT_EQ(t.distance(0, 4), 4u);
}

TEST(Topology, UnknownCpusAreNamed) {
  const Result<Topology> t = topology_of("core:2 pu:1", {0, 7});
  ASSERT_FALSE(t.ok());
  EXPECT_NE(t.error().message.find("cpu 7"), std::string::npos);
  EXPECT_FALSE(topology_of("core:2 pu:1", {-1}).ok());
}

TEST(Topology, ReadsThisHost) {
  const std::vector<int> cpus{0};
  const Result<Topology> t = Topology::of_host(cpus);
  ASSERT_TRUE(t.ok()) << t.error().message;
  EXPECT_EQ((*t)[0].cpu, 0);
}

}  // namespace
}  // namespace takt
