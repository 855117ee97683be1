// Mailbox: how a single item bound to one lane reaches its worker while that spins with
// nothing to do: by one cache line, which holds all the worker has to know. Without it the
// worker would gather a submission from a dozen lines.
//
// Any thread posts, one at a time (who finds another posting does it the long way). Only the
// lane's worker opens, reads and shuts. Letters are read in order; while letters are behind
// a long one they are where they had to go anyway.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "run/submission.h"

namespace takt {

class Mailbox {
 public:
  struct Letter {
    const Program* program = nullptr;   // one item of one tile
    const void* data = nullptr;
    void* owner = nullptr;
    void (*done)(Submission& submission, Fault fault) = nullptr;
  };

  // False: the worker reads no letters now, or too many wait.
  bool post(const Letter& letter) {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    const uint64_t number = posted_.load(std::memory_order_relaxed);
    bool room = open_ && number - seen_taken_ < kLetters;
    if (open_ && !room) {
      // Only now the worker's line is looked at: once per kLetters.
      seen_taken_ = taken_.load(std::memory_order_acquire);
      room = number - seen_taken_ < kLetters;
    }
    if (room) {
      Slot& slot = slots_[number % kLetters];
      slot.letter = letter;
      posted_.store(number + 1, std::memory_order_release);
      slot.number.store(number + 1, std::memory_order_release);
    }
    busy_.store(false, std::memory_order_release);
    return room;
  }

  // Worker: letters may come from now on (not when somebody posts right now: ask again).
  void open() {
    if (busy_.exchange(true, std::memory_order_acquire)) return;
    open_ = true;
    busy_.store(false, std::memory_order_release);
  }
  // Worker: true when no letter is there and none will come.
  bool shut() {
    if (busy_.exchange(true, std::memory_order_acquire)) return false;
    const bool empty = posted_.load(std::memory_order_relaxed) == read_;
    if (empty) open_ = false;
    busy_.store(false, std::memory_order_release);
    return empty;
  }
  // Worker: the next letter; nullptr: none. It counts as in flight until took().
  const Letter* next() const {
    const Slot& slot = slots_[read_ % kLetters];
    return slot.number.load(std::memory_order_acquire) == read_ + 1 ? &slot.letter : nullptr;
  }
  void took() { taken_.store(++read_, std::memory_order_release); }

  // Letters posted so far, and of these dealt with.
  uint64_t posted() const { return posted_.load(std::memory_order_acquire); }
  uint64_t taken() const { return taken_.load(std::memory_order_acquire); }

 private:
  // 8 of them cost a twentieth of a launch: the worker's line is fetched once per kLetters.
  static constexpr uint64_t kLetters = 32;
  struct Slot {   // two lines each: fetching one must not fetch the next letter's
    alignas(128) std::atomic<uint64_t> number{0};
    Letter letter;
  };

  std::array<Slot, kLetters> slots_;
  // Of who posts.
  alignas(64) std::atomic<bool> busy_{false};
  bool open_ = false;
  std::atomic<uint64_t> posted_{0};
  uint64_t seen_taken_ = 0;
  // Of the worker.
  alignas(64) std::atomic<uint64_t> taken_{0};
  uint64_t read_ = 0;
};

}  // namespace takt
