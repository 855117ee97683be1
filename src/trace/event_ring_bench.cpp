// What tracing costs a lane: one push of a TraceEvent into its ring, in ns.
#include <benchmark/benchmark.h>

#include <atomic>
#include <thread>

#include "trace/collector.h"

namespace takt {
namespace {

// The consumer drains on the same thread whenever the ring is half full.
void push_and_drain(benchmark::State& state) {
  constexpr size_t kCapacity = 1 << 14;
  TraceRing ring(kCapacity);
  TraceEvent event;
  uint64_t since_drain = 0;
  uint64_t sum = 0;
  for (auto _ : state) {
    event.begin += Nanos(10);
    ring.push(event);
    if (++since_drain == kCapacity / 2) {
      state.PauseTiming();
      ring.drain([&](const TraceEvent& e) { sum += static_cast<uint64_t>(e.begin.ns); });
      since_drain = 0;
      state.ResumeTiming();
    }
  }
  benchmark::DoNotOptimize(sum);
  state.counters["dropped"] = static_cast<double>(ring.dropped());
}
BENCHMARK(push_and_drain);

// Another thread drains all the time, so the ring's cache lines travel; the producer waits
// (untimed) after each burst, so that it pushes and does not drop.
void push_while_drained(benchmark::State& state) {
  constexpr uint64_t kBurst = 1 << 12;
  TraceRing ring(1 << 14);
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> drained{0};
  std::thread consumer([&] {
    uint64_t count = 0;
    while (!stop.load(std::memory_order_relaxed)) {
      ring.drain([&](const TraceEvent&) { ++count; });
      drained.store(count, std::memory_order_release);
      std::this_thread::yield();
    }
  });
  TraceEvent event;
  uint64_t pushed = 0;
  for (auto _ : state) {
    event.begin += Nanos(10);
    ring.push(event);
    if (++pushed % kBurst == 0) {
      state.PauseTiming();
      while (drained.load(std::memory_order_acquire) < pushed) std::this_thread::yield();
      state.ResumeTiming();
    }
  }
  stop = true;
  consumer.join();
  state.counters["dropped"] = static_cast<double>(ring.dropped());
}
BENCHMARK(push_while_drained);

// A full ring only counts.
void push_into_full_ring(benchmark::State& state) {
  TraceRing ring(1 << 6);
  const TraceEvent event;
  for (auto _ : state) ring.push(event);
}
BENCHMARK(push_into_full_ring);

}  // namespace
}  // namespace takt
