// The contract in the simulator: every policy, 1 to 64 lanes, random missions under random faults,
// judged by trace_checker.h. Each operation runs once and never before its inputs or its release,
// lanes and accelerators have one user, every job ends once (released = done + missed + shed), and
// where no fault lasts every wait ends: all of a job that is not shed has run.
#include <gtest/gtest.h>

#include "shapes.h"
#include "sim/random_mission.h"
#include "sim/trace_checker.h"

namespace takt::contract {
namespace {

MissionShape mission_shape(Rng& rng, uint32_t lanes) {
  MissionShape shape;
  shape.pools = 1 << rng.below(lanes >= 8 ? 3 : lanes >= 4 ? 2 : 1);
  shape.lanes_per_pool = int(lanes) / shape.pools;
  shape.accelerator = rng.below(3) > 0;
  shape.links = rng.below(2) > 0;
  return shape;
}

class RandomFaults {
 public:
  RandomFaults(Rng& rng, const Mission& mission, const MissionShape& shape)
      : rng_(rng), mission_(mission), shape_(shape) {}

  std::vector<std::string> draw() {
    std::vector<std::string> faults(rng_.below(5));
    for (std::string& fault : faults) fault = one();
    return faults;
  }
  bool last() const { return last_; }   // one of them has no end

 private:
  std::string us(int64_t least, int64_t most) {
    return std::to_string(rng_.between(least, most)) + "us";
  }
  std::string cluster() { return "c" + std::to_string(rng_.below(uint64_t(shape_.pools))); }
  std::string core() {
    return cluster() + "." + std::to_string(rng_.below(uint64_t(shape_.lanes_per_pool)));
  }
  std::string length(int64_t most_us) {
    if (rng_.below(3) > 0) return ",for=" + us(1, most_us);
    last_ = true;
    return "";
  }

  std::string one() {
    switch (rng_.below(shape_.accelerator ? 7 : 5)) {
      case 0: return "stall:lane=" + core() + ",every=" + us(500, 5000) + ",for=" + us(1, 3000);
      case 1:
        return "cotenant:lane=" + core() + ",share=" + std::to_string(rng_.between(5, 60)) +
               ",slice=" + us(50, 2000);
      case 2:
        return "thermal:cluster=" + cluster() + ",pct=" + std::to_string(rng_.between(20, 95)) +
               ",at=" + us(0, 15000) + ",for=" + us(1, 10000);
      case 3: return "lane-loss:lane=" + core() + ",at=" + us(0, 15000) + length(10000);
      case 4:
        return "late-input:task=t" + std::to_string(rng_.below(mission_.instance.tasks.size())) +
               ",max=" + us(1, 5000) + ",chance=" + std::to_string(rng_.between(1, 100));
      case 5:
        if (rng_.below(3) > 0)
          return "npu-fault:lane=npu,every=" + us(500, 8000) + ",for=" + us(1, 5000);
        last_ = true;
        return "npu-fault:lane=npu,at=" + us(0, 15000);
      default: return "npu-hang:lane=npu,every=" + us(500, 8000);
    }
  }

  Rng& rng_;
  const Mission& mission_;
  const MissionShape& shape_;
  bool last_ = false;
};

class SimulatorContract : public ::testing::TestWithParam<Shape> {
 protected:
  void round(uint64_t seed) {
    Rng rng(seed);
    const MissionShape shape = mission_shape(rng, GetParam().lanes);
    const Mission mission = random_mission(seed, shape);
    const bool with_plan = rng.below(2) > 0;
    Result<SimInput> input = make_sim_input(mission.instance, with_plan ? &mission.plan : nullptr);
    ASSERT_TRUE(input.ok()) << input.error().message;
    if (!with_plan && rng.below(2)) pin_tasks(*input);
    RandomFaults faults(rng, mission, shape);
    SimOptions options;
    options.policy = GetParam().policy;
    options.seed = seed;
    options.windows = 3;
    // A lane that comes back is usable after 100 ms, or after all of its return_hold.
    options.grace = seconds(20);
    options.disturbances = faults.draw();
    const char* const jitters[] = {"none", "uniform:40", "lognormal:20", "heavy:30"};
    options.jitter = *Jitter::parse(jitters[rng.below(4)]);
    options.informed = rng.below(4) > 0;
    const Result<SimResult> result = simulate(*input, options);
    ASSERT_TRUE(result.ok()) << result.error().message;
    std::string about = with_plan ? "planned" : "without a plan";
    for (const std::string& fault : options.disturbances) about += ", " + fault;
    const TraceChecker checker(mission.instance, options, result->trace);
    ASSERT_EQ(checker.check(), "") << about;
    if (!faults.last()) {
      ASSERT_EQ(checker.unfinished(), "") << about;
    }
  }
};

TEST_P(SimulatorContract, Storm) {
  for_seeds([this](uint64_t seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    round(seed);
    return !HasFailure();
  });
}

INSTANTIATE_TEST_SUITE_P(All, SimulatorContract, ::testing::ValuesIn(shapes({1, 2, 4, 8, 64})),
                         [](const auto& shape) { return name_of(shape.param); });

}  // namespace
}  // namespace takt::contract
