// The takt driver against local-sync on real modules compiled at test time: equal
// outputs, bit for bit, for every policy, lane count and way of submitting.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/rng.h"
#include "hal/takt_driver.h"
#include "hal/test_module.h"

namespace takt {
namespace {

struct Variant {
  const char* name;
  DeviceOptions options;
};

std::vector<Variant> variants() {
  std::vector<Variant> all;
  const auto add = [&](const char* name, int lanes, auto&& change) {
    DeviceOptions options;
    options.lanes = lanes;
    options.pin = false;
    change(options);
    all.push_back({name, options});
  };
  const auto same = [](DeviceOptions&) {};
  add("one lane", 1, same);
  add("two lanes", 2, same);
  add("four lanes", 4, same);
  add("queued", 2, [](DeviceOptions& o) { o.inline_submit = false; });
  add("no workers", 2, [](DeviceOptions& o) { o.workers = false; });
  add("traced", 2, [](DeviceOptions& o) { o.trace_capacity = 4096; });
  add("jobshop", 2, [](DeviceOptions& o) { o.policy = "jobshop"; });
  add("hybrid", 2, [](DeviceOptions& o) { o.policy = "hybrid"; });
  add("strict", 2, [](DeviceOptions& o) { o.policy = "strict"; });
  add("pinned", 2, [](DeviceOptions& o) { o.policy = "pinned"; });
  add("serial width 1", 2, [](DeviceOptions& o) { o.policy = "serial"; });
  add("serial width 2", 2, [](DeviceOptions& o) {
    o.policy = "serial";
    o.serial_width = 2;
  });
  return all;
}

class Hal : public ::testing::TestWithParam<const char*> {};

TEST_P(Hal, OutputsEqualLocalSync) {
  const std::string vmfb = compile_test_module(GetParam());
  ASSERT_FALSE(vmfb.empty()) << "iree-compile failed";
  const uint64_t seed = 42;
  TestModule reference(TestModule::Stock::kLocalSync, vmfb);
  ASSERT_EQ(reference.error(), "");
  const std::vector<uint8_t> expected = reference.call(seed);
  ASSERT_FALSE(expected.empty()) << reference.error();
  for (const Variant& variant : variants()) {
    TestModule module(variant.options, vmfb);
    ASSERT_EQ(module.error(), "") << variant.name;
    for (int i = 0; i < 20; ++i) {
      const std::vector<uint8_t> actual = module.call(seed);
      ASSERT_EQ(module.error(), "") << variant.name;
      ASSERT_EQ(actual.size(), expected.size()) << variant.name;
      ASSERT_EQ(std::memcmp(actual.data(), expected.data(), expected.size()), 0)
          << variant.name << ", call " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modules, Hal, ::testing::Values("chain", "branches", "matmul"),
                         [](const auto& model) { return std::string(model.param); });

TEST(HalOptions, UnknownParameterListsTheKnownOnes) {
  DeviceOptions options;
  const Status set = set_option(options, "polcy", "strict");
  ASSERT_FALSE(set.ok());
  EXPECT_NE(set.error().message.find("policy"), std::string::npos);
  EXPECT_FALSE(set_option(options, "lanes", "0,x").ok());
  EXPECT_FALSE(set_option(options, "inline", "yes").ok());
  ASSERT_TRUE(set_option(options, "lanes", "0,1").ok());
  EXPECT_EQ(options.cpus, (std::vector<int>{0, 1}));
}

TEST(HalOptions, BadDevicesAreUsageErrors) {
  const auto kind_of = [](const DeviceOptions& options, const char* expected) {
    TestModule module(options, "");
    EXPECT_NE(module.error().find(expected), std::string::npos) << module.error();
  };
  DeviceOptions options;
  options.policy = "fastest";
  kind_of(options, "hybrid");
  options = {};
  options.cpus = {100000};
  kind_of(options, "100000");
  options = {};
  options.lanes = 257;
  kind_of(options, "256");
  options = {};
  options.policy = "serial";
  options.lanes = 2;
  options.serial_width = 3;
  kind_of(options, "serial");
}

}  // namespace
}  // namespace takt
