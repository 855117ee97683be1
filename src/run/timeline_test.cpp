// Timelines and fences: against a simple model one call after another, and many threads at
// once whose histories a sequential checker has to accept.
#include "run/timeline.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/rng.h"
#include "run/fence.h"

namespace takt {
namespace {

SharedFault fault_of(int& place) { return SharedFault(&place, [](void*) {}); }

struct CountedWaiter : Timeline::Waiter {
  std::atomic<int> told{0};
  std::atomic<PointState> state{PointState::kPending};
  explicit CountedWaiter(uint64_t at) {
    value = at;
    notify = [](Timeline::Waiter& waiter, PointState now) {
      auto& self = static_cast<CountedWaiter&>(waiter);
      self.state = now;
      self.told.fetch_add(1);
    };
  }
};

// What a timeline should do, with everything in the open.
struct Model {
  uint64_t value = 0;
  bool failed = false;
  PointState state(uint64_t point) const {
    return point <= value ? PointState::kReached
           : failed       ? PointState::kFailed
                          : PointState::kPending;
  }
};

TEST(Timeline, RandomCallsFollowTheModel) {
  int fault_place = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    Timeline timeline;
    Model model;
    std::list<CountedWaiter> waiters;
    std::vector<CountedWaiter*> kept;
    for (int step = 0; step < 60; ++step) {
      const uint64_t point = rng.below(12);
      switch (rng.below(12)) {
        case 0:
          ASSERT_EQ(timeline.fail(fault_of(fault_place)), !model.failed);
          model.failed = true;
          ASSERT_EQ(timeline.fault().get(), &fault_place);
          break;
        case 1: case 2: case 3:
          ASSERT_EQ(timeline.signal(point), !model.failed && point > model.value);
          if (!model.failed) model.value = std::max(model.value, point);
          break;
        case 4:
          ASSERT_EQ(timeline.advance(), !model.failed);
          model.value += !model.failed;
          break;
        case 5:
          if (kept.empty()) break;
          ASSERT_EQ(timeline.remove(*kept.back()), model.state(kept.back()->value) ==
                                                       PointState::kPending);
          kept.pop_back();
          break;
        default: {
          CountedWaiter& waiter = waiters.emplace_back(point);
          ASSERT_EQ(timeline.add(waiter), model.state(point));
          if (model.state(point) == PointState::kPending) kept.push_back(&waiter);
        }
      }
      ASSERT_EQ(timeline.value(), model.value);
      ASSERT_EQ(timeline.state(point), model.state(point));
      ASSERT_EQ(timeline.wait(point, Nanos(0)), model.state(point));
      for (const CountedWaiter* waiter : kept) {
        const bool decided = model.state(waiter->value) != PointState::kPending;
        ASSERT_EQ(waiter->told, decided ? 1 : 0);
        if (decided) {
          ASSERT_EQ(waiter->state, model.state(waiter->value));
        }
      }
    }
    if (!model.failed) timeline.fail(nullptr);
  }
}

// Every thread writes down what it did and saw, with the clock before and after. The checker:
// of each point there is one decision; who saw it reached must not have ended before the first
// signal of it, or a later point, began; nobody saw the value fall.
TEST(Timeline, ConcurrentHistoriesAreSequential) {
  constexpr uint64_t kLast = 2000;
  Timeline timeline;
  std::atomic<uint64_t> next{1};
  struct Seen {
    uint64_t value;
    Nanos begin, end;
  };
  std::vector<std::vector<Seen>> signalled(3), waited(3);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t v = next.fetch_add(1); v <= kLast; v = next.fetch_add(1)) {
        const Nanos begin = monotonic_now();
        if (timeline.signal(v)) signalled[t].push_back({v, begin, monotonic_now()});
      }
    });
    threads.emplace_back([&, t] {
      Rng rng(t);
      for (uint64_t v = 0; v < kLast;) {
        v = std::min(kLast, v + 1 + rng.below(40));
        const Nanos begin = monotonic_now();
        ASSERT_EQ(timeline.wait(v, Nanos::max()), PointState::kReached);
        ASSERT_GE(timeline.value(), v);
        waited[t].push_back({v, begin, monotonic_now()});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(timeline.value(), kLast);
  std::vector<Seen> signals;
  for (const auto& list : signalled) signals.insert(signals.end(), list.begin(), list.end());
  std::sort(signals.begin(), signals.end(),
            [](const Seen& a, const Seen& b) { return a.value < b.value; });
  // Successful signals took effect in the order of their values.
  Nanos latest_begin = Nanos::min();
  for (const Seen& signal : signals) {
    ASSERT_GE(signal.end, latest_begin) << "value " << signal.value << " came after a larger one";
    latest_begin = std::max(latest_begin, signal.begin);
  }
  for (const auto& list : waited)
    for (const Seen& wait : list) {
      const auto cause =
          std::lower_bound(signals.begin(), signals.end(), wait.value,
                           [](const Seen& s, uint64_t value) { return s.value < value; });
      ASSERT_NE(cause, signals.end());
      Nanos earliest = Nanos::max();
      for (auto s = cause; s != signals.end() && s < cause + 50; ++s)
        earliest = std::min(earliest, s->begin);
      ASSERT_GE(wait.end, earliest);
    }
}

// Whoever sees its point decided destroys the timeline at once, whoever still signals.
TEST(Timeline, MayDieAsSoonAsThePointIsSeen) {
  int fault_place = 0;
  for (int round = 0; round < 500; ++round) {
    auto owner = std::make_unique<Timeline>();
    Timeline* const timeline = owner.get();
    const bool fails = round % 3 == 0;
    std::thread signaller([&, timeline] {
      if (fails) {
        timeline->fail(fault_of(fault_place));
      } else {
        timeline->signal(1);
      }
    });
    ASSERT_EQ(timeline->wait(1, Nanos::max()),
              fails ? PointState::kFailed : PointState::kReached);
    owner.reset();
    signaller.join();
  }
}

TEST(Timeline, AWaitEndsAtItsDeadline) {
  Timeline timeline;
  const Nanos deadline = monotonic_now() + micros(200);
  EXPECT_EQ(timeline.wait(1, deadline), PointState::kPending);
  EXPECT_GE(monotonic_now(), deadline);
  EXPECT_EQ(timeline.wait(1, Nanos::min()), PointState::kPending);   // long past
  timeline.signal(1);
  EXPECT_EQ(timeline.wait(1, Nanos::min()), PointState::kReached);
}

TEST(Timeline, TheFirstFaultWinsAmongThreads) {
  int places[4];
  for (int round = 0; round < 100; ++round) {
    Timeline timeline;
    std::atomic<int> wins{0};
    std::vector<std::thread> threads;
    for (int& place : places)
      threads.emplace_back([&] { wins += timeline.fail(fault_of(place)); });
    EXPECT_EQ(timeline.wait(7, Nanos::max()), PointState::kFailed);
    const void* seen = timeline.fault().get();
    for (std::thread& thread : threads) thread.join();
    ASSERT_EQ(wins, 1);
    ASSERT_EQ(timeline.fault().get(), seen);
  }
}

TEST(Fence, HoldsTheLatestPointOfEachTimeline) {
  Timeline a, b;
  Fence fence;
  EXPECT_EQ(fence.state(), PointState::kReached);
  fence.add({&a, 3});
  fence.add({&b, 1});
  fence.add({&a, 2});
  ASSERT_EQ(fence.points().size(), 2u);
  a.signal(3);
  EXPECT_EQ(fence.state(), PointState::kPending);
  EXPECT_EQ(fence.wait(monotonic_now() + micros(50)), PointState::kPending);
  fence.signal();
  EXPECT_EQ(fence.state(), PointState::kReached);
  EXPECT_EQ(a.value(), 3u);
}

TEST(Fence, AFaultOfAnyPointEndsTheWait) {
  int fault_place = 0;
  Timeline never, broken;
  Fence fence;
  fence.add({&never, 1});
  fence.add({&broken, 1});
  std::thread breaker([&] { broken.fail(fault_of(fault_place)); });
  EXPECT_EQ(fence.wait(Nanos::max()), PointState::kFailed);
  EXPECT_EQ(fence.fault().get(), &fault_place);
  breaker.join();
  Fence other;
  other.add(fence);
  other.fail(fence.fault());
  EXPECT_EQ(never.state(1), PointState::kFailed);
  EXPECT_EQ(never.fault().get(), &fault_place);
}

}  // namespace
}  // namespace takt
