// The contract of the executor: every policy, no worker to 64 of them, the storms of storm.h.
// Each item runs once and never before its inputs or its time, lanes have one user, every wait
// ends, done() runs once, the error of a scope reaches all, no fault is lost. Accelerators have one
// user, and what they fail at or hang in is done by cores.
#include <gtest/gtest.h>

#include "shapes.h"
#include "storm.h"

namespace takt::contract {
namespace {

class Contract : public ::testing::TestWithParam<Shape> {
 protected:
  // Rounds of `storm`, each on an executor of its own.
  void rounds(StormOptions storm) {
    for_seeds([&](uint64_t seed) {
      storm.seed = seed;
      SCOPED_TRACE("seed " + std::to_string(seed));
      round(storm);
      EXPECT_EQ(Storm::live_faults, 0) << "a fault was not freed";
      return !HasFailure();
    });
  }

 private:
  void round(const StormOptions& options) {
    ExecutorOptions on;
    on.workers = GetParam().lanes > 0;
    on.cpus.assign(on.workers ? GetParam().lanes : 2, -1);
    on.policy = GetParam().policy;
    on.inline_submit = options.seed % 2;
    on.drop_fault = Storm::free_fault;
    on.accelerators = Storm::accelerators(options, uint32_t(on.cpus.size()));
    auto executor = std::make_unique<Executor>(on);
    Storm storm(*executor, options);
    storm.submit_all();
    if (!options.shutdown) {
      ASSERT_EQ(storm.wait_all(), "") << "waits that do not end";
      ASSERT_EQ(storm.check(), "");
    }
    executor.reset();
    if (options.shutdown) {
      ASSERT_EQ(storm.check(), "");
    }
  }
};

TEST_P(Contract, Storm) { rounds({}); }

TEST_P(Contract, ErrorStorm) { rounds({.faults = true}); }

TEST_P(Contract, CancelStorm) { rounds({.threads = 3, .submissions = 30, .cancels = true}); }

TEST_P(Contract, EverythingStorm) {
  rounds({.threads = 3, .submissions = 60, .faults = true, .cancels = true});
}

TEST_P(Contract, ShutdownStorm) {
  rounds({.faults = true, .cancels = true, .shutdown = true});
}

TEST_P(Contract, AcceleratorStorm) { rounds({.cancels = true, .accelerators = 2}); }

TEST_P(Contract, AcceleratorFaultStorm) {
  rounds({.faults = true, .cancels = true, .accelerators = 2});
}

TEST_P(Contract, AcceleratorHangStorm) { rounds({.accelerators = 2, .hangs = true}); }

TEST_P(Contract, AcceleratorShutdownStorm) {
  rounds({.faults = true, .cancels = true, .accelerators = 1, .hangs = true, .shutdown = true});
}

INSTANTIATE_TEST_SUITE_P(All, Contract, ::testing::ValuesIn(shapes({0, 1, 2, 4, 8, 64})),
                         [](const auto& shape) { return name_of(shape.param); });

}  // namespace
}  // namespace takt::contract
