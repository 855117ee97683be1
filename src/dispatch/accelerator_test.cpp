#include "dispatch/accelerator.h"

#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"

namespace takt {
namespace {

constexpr uint64_t kNobody = AcceleratorChange::kNobody;
using Answer = AcceleratorAnswer;

AcceleratorRequest ask(uint64_t user, Criticality criticality = Criticality::kSoft) {
  return {user, criticality, 0, micros(100), Nanos::max()};
}

TEST(Accelerator, HandsOverToTheMostCriticalThenTheFirst) {
  AcceleratorManager npu;
  AcceleratorChange change;
  EXPECT_EQ(npu.request(ask(1), micros(0), &change), Answer::kGranted);
  EXPECT_EQ(change.granted, 1u);
  EXPECT_EQ(npu.request(ask(2), micros(1), &change), Answer::kQueued);
  EXPECT_EQ(npu.request(ask(3), micros(2), &change), Answer::kQueued);
  EXPECT_EQ(npu.request(ask(4, Criticality::kHard), micros(3), &change), Answer::kQueued);
  EXPECT_EQ(npu.free_at(Criticality::kHard, 0, micros(3)), micros(200));
  EXPECT_EQ(npu.release(1, micros(50)).granted, 4u);
  EXPECT_EQ(npu.release(4, micros(60)).granted, 2u);
  EXPECT_EQ(npu.cancel(3, micros(61)).granted, kNobody);
  EXPECT_EQ(npu.release(2, micros(80)).granted, kNobody);
  EXPECT_TRUE(npu.free());
  const AcceleratorStatistics s = npu.statistics(micros(160));
  EXPECT_EQ(s.grants, 3u);
  EXPECT_EQ(s.handovers, 2u);
  EXPECT_EQ(s.waited_max, micros(59));
  EXPECT_DOUBLE_EQ(s.utilisation(), .5);
}

TEST(Accelerator, SendsToTheCoreWhoWouldWaitLonger) {
  AcceleratorManager npu;
  AcceleratorChange change;
  npu.request(ask(1), micros(0), &change);
  AcceleratorRequest quick = ask(2);
  quick.core_duration = micros(199);
  EXPECT_EQ(npu.request(quick, micros(0), &change), Answer::kUseCore);
  quick.core_duration = micros(200);
  EXPECT_EQ(npu.request(quick, micros(0), &change), Answer::kQueued);
  // Overtaken, it would have to wait for 200 us and take 100.
  EXPECT_EQ(npu.request(ask(3, Criticality::kHard), micros(0), &change), Answer::kQueued);
  ASSERT_EQ(change.to_core_count, 1u);
  EXPECT_EQ(change.to_core[0], 2u);
  EXPECT_EQ(npu.waiting(), 1u);
}

TEST(Accelerator, AHolderThatHangsIsLostAndTheResetIsWaitedFor) {
  AcceleratorManager npu;
  AcceleratorChange change;
  npu.request(ask(1), micros(0), &change);
  npu.request(ask(2), micros(0), &change);
  EXPECT_EQ(npu.next_event(), millis(10));
  EXPECT_EQ(npu.poll(millis(10) - nanos(1)).lost, kNobody);
  EXPECT_EQ(npu.poll(millis(10)).lost, 1u);
  EXPECT_EQ(npu.holder(), kNobody);
  EXPECT_EQ(npu.release(1, millis(10)).granted, kNobody);   // too late: changes nothing
  EXPECT_EQ(npu.next_event(), millis(11));
  EXPECT_EQ(npu.poll(millis(11)).granted, 2u);
}

TEST(Accelerator, IsGivenUpAfterFaultsInARowAndComesBack) {
  AcceleratorManager npu;
  AcceleratorChange change;
  Nanos now;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(npu.request(ask(1), now, &change), Answer::kGranted);
    EXPECT_EQ(npu.fault(now).lost, 1u);
    now += millis(1);
    npu.poll(now);
  }
  EXPECT_TRUE(npu.given_up());
  EXPECT_EQ(npu.request(ask(2), now, &change), Answer::kRefused);
  AcceleratorRequest with_core = ask(2);
  with_core.core_duration = seconds(1);
  EXPECT_EQ(npu.request(with_core, now, &change), Answer::kUseCore);
  npu.restore(now);
  EXPECT_EQ(npu.request(ask(2), now, &change), Answer::kQueued);
  EXPECT_EQ(npu.poll(npu.next_event()).granted, 2u);
}

// Random calls against a book of who is told what: one holder, everybody hears exactly once.
TEST(Accelerator, RandomCallsKeepTheInvariants) {
  enum class Told { kWaits, kHolds };
  const uint64_t seed = 20261124;
  Rng rng(seed);
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  for (int round = 0; round < 200; ++round) {
    AcceleratorManager npu;
    std::map<uint64_t, Told> book;
    Nanos now;
    uint64_t users = 0;
    const auto apply = [&](const AcceleratorChange& change) {
      if (change.lost != kNobody) {
        ASSERT_EQ(book.at(change.lost), Told::kHolds);
        book.erase(change.lost);
      }
      for (uint32_t i = 0; i < change.to_core_count; ++i) {
        ASSERT_EQ(book.at(change.to_core[i]), Told::kWaits);
        book.erase(change.to_core[i]);
      }
      if (change.granted != kNobody) {
        ASSERT_EQ(book.at(change.granted), Told::kWaits);
        book[change.granted] = Told::kHolds;
      }
    };
    for (int call = 0; call < 500; ++call) {
      now += micros(int64_t(rng.below(call % 50 ? 100 : 20'000)));
      const uint64_t kind = rng.below(20);
      AcceleratorChange change;
      if (kind < 10) {
        const uint64_t user = ++users;
        const AcceleratorRequest request{
            user, Criticality(rng.below(4)), int(rng.below(3)), micros(int64_t(rng.below(200))),
            rng.below(2) ? Nanos::max() : micros(int64_t(rng.below(2000)))};
        const Answer answer = npu.request(request, now, &change);
        if (answer == Answer::kQueued || answer == Answer::kGranted) book[user] = Told::kWaits;
        EXPECT_EQ(answer == Answer::kGranted, change.granted == user);
      } else if (kind < 16) {
        if (npu.holder() != kNobody) {
          book.erase(npu.holder());
          change = npu.release(npu.holder(), now);
        }
      } else if (kind == 16 && !book.empty()) {
        const uint64_t user = book.begin()->first;
        book.erase(user);
        change = npu.cancel(user, now);
      } else if (kind == 17 && rng.below(4) == 0) {
        change = npu.fault(now);
      } else if (kind == 18) {
        npu.restore(now);
      } else {
        change = npu.poll(now);
      }
      apply(change);
      uint32_t waiting = 0, holding = 0;
      for (const auto& [user, told] : book) {
        ++(told == Told::kWaits ? waiting : holding);
        EXPECT_EQ(told == Told::kHolds, user == npu.holder());
      }
      ASSERT_EQ(waiting, npu.waiting());
      ASSERT_EQ(holding, npu.holder() == kNobody ? 0u : 1u);
      ASSERT_FALSE(npu.free() && waiting > 0);
      ASSERT_LE(npu.statistics(now).utilisation(), 1);
    }
  }
}

}  // namespace
}  // namespace takt
