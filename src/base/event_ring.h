// EventRing<T>: a bounded single-producer single-consumer ring. The producer never
// waits: when the ring is full the event is counted as dropped. The consumer may drain
// at any time from one other thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/check.h"

namespace takt {

template <class T>
class EventRing {
 public:
  // REQUIRES: capacity is a power of two
  explicit EventRing(size_t capacity)
      : mask_(capacity - 1), slots_(std::make_unique<T[]>(capacity)) {
    CHECK((capacity & mask_) == 0 && capacity > 0);
  }

  // Producer only.
  void push(const T& event) {
    const uint64_t head = head_.load(std::memory_order_relaxed);
    if (head - cached_tail_ > mask_) {
      cached_tail_ = tail_.load(std::memory_order_acquire);
      if (head - cached_tail_ > mask_) {
        dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return;
      }
    }
    slots_[head & mask_] = event;
    head_.store(head + 1, std::memory_order_release);
  }

  // Consumer only. Calls `sink(const T&)` for every event in order.
  template <class Sink>
  void drain(Sink&& sink) {
    const uint64_t head = head_.load(std::memory_order_acquire);
    uint64_t tail = tail_.load(std::memory_order_relaxed);
    for (; tail != head; ++tail) sink(slots_[tail & mask_]);
    tail_.store(tail, std::memory_order_release);
  }

  uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  const uint64_t mask_;
  const std::unique_ptr<T[]> slots_;
  // Written by the producer; on a line of its own so that draining does not slow pushing.
  alignas(64) std::atomic<uint64_t> head_{0};
  uint64_t cached_tail_ = 0;
  std::atomic<uint64_t> dropped_{0};
  // Written by the consumer.
  alignas(64) std::atomic<uint64_t> tail_{0};
};

}  // namespace takt
