// Waits over timelines and descriptors at once; events that are used again.
#include "run/wait_set.h"

#include <gtest/gtest.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <thread>

#include "base/clock.h"
#include "base/rng.h"

namespace takt {
namespace {

TEST(WaitSet, NothingToWaitForWaitsForTheDeadline) {
  WaitSet set;
  const Nanos deadline = monotonic_now() + micros(100);
  EXPECT_EQ(set.wait_any(deadline)->state, PointState::kPending);
  EXPECT_GE(monotonic_now(), deadline);
  EXPECT_EQ(set.wait_all(deadline)->state, PointState::kReached);
}

TEST(WaitSet, AnyNamesTheSourceThatIsReady) {
  EventPool events;
  const int event = events.acquire().value();
  Timeline a, b;
  WaitSet set(events);
  set.add({&a, 1});
  const size_t descriptor = set.add_descriptor(event);
  const size_t point = set.add({&b, 1});
  EXPECT_EQ(set.wait_any(Nanos::min())->state, PointState::kPending);
  EventPool::set(event);
  EXPECT_EQ(set.wait_any(Nanos::max())->source, descriptor);
  EventPool::reset(event);
  std::thread signaller([&] { b.signal(1); });
  EXPECT_EQ(set.wait_any(Nanos::max())->source, point);
  signaller.join();
  events.release(event);
  EXPECT_EQ(events.used(), 0u);
}

TEST(WaitSet, ATimerfdIsASource) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const Nanos due = monotonic_now() + micros(300);
  const itimerspec when{{0, 0}, {time_t(due.ns / 1'000'000'000), long(due.ns % 1'000'000'000)}};
  ASSERT_EQ(timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, nullptr), 0);
  Timeline never;
  WaitSet set;
  set.add({&never, 1});
  const size_t source = set.add_descriptor(timer);
  const auto outcome = set.wait_any(Nanos::max());
  EXPECT_EQ(outcome->source, source);
  EXPECT_GE(monotonic_now(), due);
  close(timer);
}

TEST(WaitSet, AllWaitsForTheLastAndFailsWithTheFirstFault) {
  EventPool events;
  const int event = events.acquire().value();
  Timeline a, b;
  WaitSet set(events);
  set.add({&a, 2});
  set.add({&b, 1});
  set.add_descriptor(event);
  a.signal(2);
  EventPool::set(event);
  EXPECT_EQ(set.wait_all(monotonic_now() + micros(100))->state, PointState::kPending);
  std::thread signaller([&] { b.signal(1); });
  EXPECT_EQ(set.wait_all(Nanos::max())->state, PointState::kReached);
  signaller.join();
  Timeline broken;
  const size_t source = set.add({&broken, 1});
  broken.fail(nullptr);
  const auto outcome = set.wait_all(Nanos::max());
  EXPECT_EQ(outcome->state, PointState::kFailed);
  EXPECT_EQ(outcome->source, source);
  events.release(event);
}

TEST(WaitSet, AClosedDescriptorFails) {
  WaitSet set;
  set.add_descriptor(1 << 20);
  EXPECT_EQ(set.wait_any(Nanos::max())->state, PointState::kFailed);
}

// Threads wait for each other's points through sets; nothing is missed, no event is leaked.
TEST(WaitSet, ChainsOfThreadsMissNothing) {
  constexpr uint64_t kRounds = 300;
  EventPool events;
  std::vector<Timeline> timelines(3);
  const int kept = events.acquire().value();
  std::vector<std::thread> threads;
  for (size_t t = 0; t < timelines.size(); ++t)
    threads.emplace_back([&, t] {
      Rng rng(t);
      for (uint64_t round = 1; round <= kRounds; ++round) {
        WaitSet set(events);
        set.add({&timelines[(t + 2) % 3], round - (t == 0)});
        set.add({&timelines[(t + 1) % 3], round - 1});
        if (rng.below(2)) set.add_descriptor(kept);
        if (set.size() == 3) EventPool::set(kept);
        ASSERT_EQ(set.wait_all(Nanos::max())->state, PointState::kReached);
        ASSERT_TRUE(timelines[t].signal(round));
      }
    });
  for (std::thread& thread : threads) thread.join();
  events.release(kept);
  EXPECT_EQ(events.used(), 0u);
  EXPECT_LE(events.kept(), 4u);
  events.trim();
  EXPECT_EQ(events.kept(), 0u);
}

}  // namespace
}  // namespace takt
