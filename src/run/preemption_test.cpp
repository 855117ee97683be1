// Priority pre-emption at tile boundaries: an urgent item waits for one tile of a sharded item at
// most, and the sharded item resumes. Counted, not timed: every tile that starts after the urgent
// item was published stays inside until the urgent one has started. If all lanes took one more
// tile each the urgent item could never start.
#include <gtest/gtest.h>

#include <thread>

#include "base/clock.h"
#include "run/executor.h"
#include "run/host_call.h"

namespace takt {
namespace {

struct Shared {
  uint32_t lanes = 0;
  std::atomic<uint32_t> started{0};          // tiles
  std::atomic<bool> published{false};
  std::atomic<bool> urgent_started{false};
  std::atomic<uint32_t> started_before_urgent{0};
  std::atomic<uint32_t> given_up{0};
  std::vector<std::atomic<uint32_t>> runs;   // of each tile
  explicit Shared(uint32_t lanes_in, uint32_t tiles) : lanes(lanes_in), runs(tiles) {}
};

Fault tile(const void*, const void* data, LaneContext&, uint32_t first, uint32_t count) {
  Shared& shared = *static_cast<Shared*>(const_cast<void*>(data));
  for (uint32_t t = first; t < first + count; ++t) {
    shared.runs[t].fetch_add(1);
    if (shared.started.fetch_add(1) < shared.lanes) {
      // The tiles that run when the urgent one comes.
      while (!shared.published) std::this_thread::yield();
      continue;
    }
    const Nanos limit = monotonic_now() + seconds(20);
    while (!shared.urgent_started && monotonic_now() < limit) std::this_thread::yield();
    if (!shared.urgent_started) shared.given_up.fetch_add(1);
  }
  return nullptr;
}

class PreemptionTest : public ::testing::TestWithParam<std::tuple<const char*, uint32_t>> {};

TEST_P(PreemptionTest, AnUrgentItemWaitsForOneTile) {
  const auto& [policy, lanes] = GetParam();
  constexpr uint32_t kTiles = 200;
  for (int round = 0; round < 20; ++round) {
    Shared shared(lanes, kTiles);
    const HostCall urgent([&](LaneContext&) {
      shared.started_before_urgent = shared.started.load();
      shared.urgent_started = true;
      return nullptr;
    });
    const Program sharded = Program::from_deps({{.run = tile, .tiles = kTiles}}, {{}});
    const Program single = Program::from_deps({urgent.item()}, {{}});
    std::atomic<uint32_t> ended{0};
    ExecutorOptions options;
    options.cpus.assign(lanes, -1);
    options.policy = *find_policy(policy);
    options.inline_submit = false;
    options.drop_fault = [](Fault) {};
    Executor executor(options);
    const auto prepared = [&](const Program& program, Criticality criticality) {
      Submission* s = executor.acquire();
      s->program = &program;
      s->data = &shared;
      s->owner = &ended;
      s->criticality = criticality;
      s->done = [](Submission& submission, Fault) {
        static_cast<std::atomic<uint32_t>*>(submission.owner)->fetch_add(1);
      };
      return s;
    };
    executor.submit(prepared(sharded, Criticality::kBestEffort));
    std::vector<std::thread> donors;
    const auto begun = [](void* arg) {
      const Shared& s = *static_cast<Shared*>(arg);
      return s.started.load() >= s.lanes;
    };
    for (uint32_t d = 1; d < lanes; ++d)
      donors.emplace_back([&] {
        while (!begun(&shared)) executor.donate(begun, &shared, Nanos::max());
      });
    while (!begun(&shared)) std::this_thread::yield();
    executor.submit(prepared(single, Criticality::kHard));
    shared.published = true;
    for (std::thread& donor : donors) donor.join();
    executor.wait_idle();
    ASSERT_EQ(shared.given_up, 0u) << "round " << round;
    ASSERT_LE(shared.started_before_urgent, 2 * lanes - 1) << "round " << round;
    for (const std::atomic<uint32_t>& runs : shared.runs) ASSERT_EQ(runs, 1u);
    ASSERT_EQ(ended, 2u);
  }
}

INSTANTIATE_TEST_SUITE_P(All, PreemptionTest,
                         ::testing::Combine(::testing::Values("dynamic", "jobshop", "hybrid"),
                                            ::testing::Values(1u, 2u, 4u)),
                         [](const auto& shape) {
                           return std::string(std::get<0>(shape.param)) + "_" +
                                  std::to_string(std::get<1>(shape.param));
                         });

}  // namespace
}  // namespace takt
