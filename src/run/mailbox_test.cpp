// Two threads post numbered letters while the worker opens, reads and shuts at random: what was
// accepted is read once, each poster's letters in its order, and a shut box is empty.
#include "run/mailbox.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

#include "base/rng.h"

namespace takt {
namespace {

constexpr uintptr_t kLetters = 4000;

const void* letter_data(uintptr_t poster, uintptr_t number) {
  return reinterpret_cast<const void*>(number * 2 + poster);
}

TEST(Mailbox, AcceptedLettersAreReadOnceAndInOrder) {
  const uint64_t seed = 41;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  Rng rng(seed);
  Mailbox box;
  std::atomic<uint32_t> posting{2};
  std::vector<std::thread> posters;
  for (uintptr_t poster = 0; poster < 2; ++poster)
    posters.emplace_back([&, poster] {
      for (uintptr_t number = 1; number <= kLetters;) {
        if (box.post({.data = letter_data(poster, number)})) {
          ++number;
        } else {
          std::this_thread::yield();
        }
      }
      posting.fetch_sub(1);
    });
  std::array<uintptr_t, 2> last{};
  uint64_t read = 0, shuts = 0;
  for (bool over = false; !over;) {
    over = posting.load() == 0;   // then what is read now is all
    box.open();
    for (uint64_t turns = rng.below(50); turns > 0 || over; --turns) {
      const Mailbox::Letter* letter = box.next();
      if (!letter && over) break;
      if (!letter) continue;
      const auto value = reinterpret_cast<uintptr_t>(letter->data);
      EXPECT_EQ(value / 2, ++last[value % 2]);
      box.took();
      ++read;
    }
    if (!box.shut()) continue;
    ++shuts;
    EXPECT_EQ(box.next(), nullptr);
    EXPECT_EQ(box.posted(), box.taken());
  }
  for (std::thread& poster : posters) poster.join();
  EXPECT_EQ(read, 2 * kLetters);
  EXPECT_GT(shuts, 0u);
}

TEST(Mailbox, TakesNothingWhenShutOrFull) {
  Mailbox box;
  EXPECT_FALSE(box.post({}));
  box.open();
  uint32_t accepted = 0;
  while (accepted < 1000 && box.post({})) ++accepted;
  EXPECT_GT(accepted, 0u);
  EXPECT_LT(accepted, 1000u);
  EXPECT_FALSE(box.shut());
  ASSERT_NE(box.next(), nullptr);
  box.took();
  EXPECT_TRUE(box.post({}));
}

}  // namespace
}  // namespace takt
