#include "base/event_ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <thread>
#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

TEST(EventRing, BehavesLikeABoundedQueue) {
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const size_t capacity = size_t{1} << rng.below(5);
    EventRing<uint64_t> ring(capacity);
    std::deque<uint64_t> model;
    uint64_t next = 0, dropped = 0;
    for (int step = 0; step < 200; ++step) {
      if (rng.below(4)) {
        ring.push(next);
        if (model.size() < capacity) model.push_back(next);
        else ++dropped;
        ++next;
      } else {
        ring.drain([&](uint64_t value) {
          ASSERT_FALSE(model.empty());
          EXPECT_EQ(value, model.front());
          model.pop_front();
        });
        EXPECT_TRUE(model.empty());
      }
      EXPECT_EQ(ring.dropped(), dropped);
    }
  }
}

// One producer, one consumer: what arrives is in order, and nothing is lost uncounted.
TEST(EventRing, CountsWhatItDropsUnderAConcurrentConsumer) {
  struct Event {
    uint64_t number, check;
  };
  constexpr uint64_t kEvents = 200'000;
  EventRing<Event> ring(64);
  std::atomic<bool> done = false;
  uint64_t received = 0, last = 0;
  bool ordered = true;
  const auto take = [&](const Event& event) {
    ordered = ordered && event.number > last && event.check == ~event.number;
    last = event.number;
    ++received;
  };
  std::thread consumer([&] {
    while (!done.load(std::memory_order_acquire)) ring.drain(take);
    ring.drain(take);
  });
  for (uint64_t i = 1; i <= kEvents; ++i) ring.push({i, ~i});
  done.store(true, std::memory_order_release);
  consumer.join();
  EXPECT_TRUE(ordered);
  EXPECT_EQ(received + ring.dropped(), kEvents);
  EXPECT_GT(received, 0u);
}

}  // namespace
}  // namespace takt
