// The contract of the executor: every policy, no worker to 64 of them, the storms of storm.h.
// Each item runs once and never before its inputs or its time, lanes have one user, every wait
// ends, done() runs once, the error of a scope reaches all, no fault is lost. Accelerators have one
// user, and what they fail at or hang in is done by cores.
//
// TAKT_CONTRACT_MS: how long each test goes on with new seeds; at least one round.
// TAKT_CONTRACT_SEED: the first of them.
#include <gtest/gtest.h>

#include <cstdlib>

#include "base/clock.h"
#include "storm.h"

namespace takt::contract {
namespace {

int64_t from_environment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

struct Shape {
  uint32_t workers = 0;
  const Policy* policy = nullptr;
};

class Contract : public ::testing::TestWithParam<Shape> {
 protected:
  // Rounds of `storm`, each on an executor of its own.
  void rounds(StormOptions storm) {
    const Nanos end = monotonic_now() + millis(from_environment("TAKT_CONTRACT_MS", 40));
    const auto first = uint64_t(from_environment("TAKT_CONTRACT_SEED", 1));
    std::printf("seeds from %llu\n", static_cast<unsigned long long>(first));
    for (storm.seed = first; storm.seed == first || monotonic_now() < end; ++storm.seed) {
      SCOPED_TRACE("seed " + std::to_string(storm.seed));
      round(storm);
      ASSERT_EQ(Storm::live_faults, 0) << "a fault was not freed";
      if (HasFatalFailure()) return;
    }
  }

 private:
  void round(const StormOptions& options) {
    ExecutorOptions on;
    on.workers = GetParam().workers > 0;
    on.cpus.assign(on.workers ? GetParam().workers : 2, -1);
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

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const Policy* policy : all_policies())
    for (const uint32_t workers : {0u, 1u, 2u, 4u, 8u, 64u}) all.push_back({workers, policy});
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, Contract, ::testing::ValuesIn(shapes()), [](const auto& shape) {
  std::string name(shape.param.policy->name());
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  return name + "_" + std::to_string(shape.param.workers);
});

}  // namespace
}  // namespace takt::contract
