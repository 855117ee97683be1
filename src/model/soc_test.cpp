#include "model/soc.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "model/random_model.h"

namespace takt {
namespace {

TEST(Soc, WrittenAndReadAgainIsTheSame) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const Soc written = random_soc(rng);
    const std::string text = write_soc(written);
    const Result<Soc> soc = parse_soc(text, "s.yaml");
    ASSERT_TRUE(soc.ok()) << soc.error().message << "\n" << text;
    EXPECT_EQ(write_soc(*soc), text);
    ASSERT_EQ(soc->lanes.size(), written.lanes.size());
    for (size_t i = 0; i < soc->lanes.size(); ++i) {
      EXPECT_EQ(soc->lanes[i].name, written.lanes[i].name);
      EXPECT_EQ(soc->lanes[i].cpu, written.lanes[i].cpu);
    }
    EXPECT_EQ(soc->thermal.throttle_c, written.thermal.throttle_c);
  }
}

TEST(Soc, TheRobotHasEightCoresAndThenTheNpu) {
  const Result<Soc> soc = read_soc(TAKT_SOURCE_DIR "/examples/socs/robot-2x4-npu.yaml");
  ASSERT_TRUE(soc.ok()) << soc.error().message;
  ASSERT_EQ(soc->lanes.size(), 9u);
  EXPECT_EQ(soc->core_lanes(), 8);
  EXPECT_EQ(soc->lanes[0].name, "big.0");
  EXPECT_EQ(soc->lanes[0].lane_class, "core.big");
  EXPECT_EQ(soc->lanes[7].name, "little.3");
  EXPECT_EQ(soc->lanes[8].name, "npu");
  EXPECT_EQ(soc->lanes[8].lane_class, "npu.ip");
  EXPECT_EQ(soc->lanes[8].kind, Lane::Kind::kAccelerator);
  EXPECT_EQ(soc->lanes[8].cluster, ClusterId(0u));
  EXPECT_EQ(soc->lanes[8].cpu, -1);
}

}  // namespace
}  // namespace takt
