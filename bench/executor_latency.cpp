#include "bench/executor_latency.h"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "base/clock.h"
#include "bench/measure.h"
#include "run/executor.h"
#include "run/ticks.h"

namespace takt::bench {
namespace {

constexpr int kBlock = 100;               // trips or launches between two looks at the clock
constexpr Nanos kAsleep = micros(300);    // by then whoever waits has gone to sleep

bool pin_thread(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  return pthread_setaffinity_np(pthread_self(), sizeof(set), &set) == 0;
}

void spin_until(Nanos time) {
  while (monotonic_now() < time) cpu_relax();
}

// A thread on cpu 1 that answers on the cache line it is asked on, or on another; asleep on a
// futex between blocks.
class Answerer {
 public:
  // REQUIRES: the calling thread may run on cpu 1; it leaves that when it is pinned
  Answerer() : thread_([this] { answer(); }) { ready_.wait(false); }
  ~Answerer() {
    stop_ = true;
    wake();
    thread_.join();
  }

  // One way, of kBlock round trips.
  Nanos trip() {
    wake();
    exchange();   // it spins now
    const Nanos begin = monotonic_now();
    for (int i = 0; i < kBlock; ++i) exchange();
    const Nanos end = monotonic_now();
    line_.store(kPark, std::memory_order_release);
    return Nanos((end - begin).ns / (2 * kBlock));
  }

  // Of kBlock round trips, each there on one line and back on another: what any launch whose
  // submitter waits on a line of its own costs at least.
  Nanos bare_launch() {
    wake();
    uint64_t number = kFirstNumber;
    launch(number++);
    const Nanos begin = monotonic_now();
    for (int i = 0; i < kBlock; ++i) launch(number++);
    const Nanos end = monotonic_now();
    line_.store(kPark, std::memory_order_release);
    return Nanos((end - begin).ns / kBlock);
  }

  // From before the wake until the thread runs. REQUIRES: it is asleep
  Nanos futex_wake() {
    const Nanos begin = monotonic_now();
    wake();
    while (line_.load(std::memory_order_acquire) != kAwake) cpu_relax();
    const Nanos woken(woken_ns_.load());
    line_.store(kPark, std::memory_order_release);
    return woken - begin;
  }

 private:
  enum : uint64_t { kPark, kAwake, kPing, kPong, kFirstNumber };

  void exchange() {
    line_.store(kPing, std::memory_order_release);
    while (line_.load(std::memory_order_acquire) != kPong) {}
  }

  void launch(uint64_t number) {
    line_.store(number, std::memory_order_release);
    while (other_line_.load(std::memory_order_acquire) != number) {}
  }

  void wake() {
    futex_.fetch_add(1);
    syscall(SYS_futex, &futex_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
    while (line_.load(std::memory_order_acquire) == kPark && !stop_) cpu_relax();
  }

  void answer() {
    pin_thread(1);
    ready_ = true;
    ready_.notify_one();
    for (uint32_t seen = 0; !stop_;) {
      syscall(SYS_futex, &futex_, FUTEX_WAIT_PRIVATE, seen, nullptr, nullptr, 0);
      if (futex_.load() == seen) continue;
      seen = futex_.load();
      woken_ns_ = monotonic_now().ns;
      if (stop_) return;
      line_.store(kAwake, std::memory_order_release);
      for (;;) {
        const uint64_t now = line_.load(std::memory_order_acquire);
        if (now == kPing) line_.store(kPong, std::memory_order_release);
        if (now >= kFirstNumber) other_line_.store(now, std::memory_order_release);
        if (now == kPark) break;
      }
    }
  }

  alignas(128) std::atomic<uint64_t> line_{kPark};
  alignas(128) std::atomic<uint64_t> other_line_{0};
  alignas(128) std::atomic<uint32_t> futex_{0};
  std::atomic<int64_t> woken_ns_{0};
  std::atomic<bool> ready_{false}, stop_{false};
  std::thread thread_;
};

// Submits one item for lane 1 and waits for it without taking part.
class Launcher {
 public:
  explicit Launcher(Executor& executor)
      : executor_(executor),
        program_(Program::from_deps({WorkItem{.run = item, .context = &began_ns_}}, {{}})) {}

  void launch(bool clocked) {
    Submission* submission = executor_.acquire();
    submission->program = &program_;
    ++launched_;
    submission->data = reinterpret_cast<const void*>(launched_ << 1 | (clocked ? 1 : 0));
    submission->owner = &ended_;
    submission->pin = LaneMask::of(1);
    submission->done = [](Submission& s, Fault) {
      static_cast<std::atomic<uintptr_t>*>(s.owner)->store(
          reinterpret_cast<uintptr_t>(s.data) >> 1, std::memory_order_release);
    };
    executor_.submit(submission);
    while (ended_.load(std::memory_order_acquire) != launched_) {}
  }

  Nanos launches() {
    launch(false);   // the worker spins now
    const Nanos begin = monotonic_now();
    for (int i = 0; i < kBlock; ++i) launch(false);
    return Nanos((monotonic_now() - begin).ns / kBlock);
  }

  // REQUIRES: the worker is asleep
  Nanos wake() {
    const Nanos begin = monotonic_now();
    launch(true);
    return Nanos(began_ns_.load()) - begin;
  }

 private:
  static Fault item(const void* context, const void* data, LaneContext&, uint32_t, uint32_t) {
    if (reinterpret_cast<uintptr_t>(data) & 1)
      static_cast<std::atomic<int64_t>*>(const_cast<void*>(context))->store(monotonic_now().ns);
    return nullptr;
  }

  Executor& executor_;
  std::atomic<int64_t> began_ns_{0};
  Program program_;
  alignas(128) uintptr_t launched_ = 0;
  alignas(128) std::atomic<uintptr_t> ended_{0};
};

struct Samples {
  std::vector<Nanos> trip, bare, launch, futex, wake;
};

void measure(Executor& executor, int rounds, Samples& samples) {
  Answerer answerer;
  pin_thread(0);
  Launcher launcher(executor);
  for (int round = 0; round < rounds; ++round) {
    samples.trip.push_back(answerer.trip());
    spin_until(monotonic_now() + kAsleep);
    samples.bare.push_back(answerer.bare_launch());
    spin_until(monotonic_now() + kAsleep);
    samples.launch.push_back(launcher.launches());
    spin_until(monotonic_now() + kAsleep);
    samples.futex.push_back(answerer.futex_wake());
    spin_until(monotonic_now() + kAsleep);
    samples.wake.push_back(launcher.wake());
    spin_until(monotonic_now() + kAsleep);
  }
}

}  // namespace

Result<nlohmann::json> measure_latencies(int rounds) {
  ExecutorOptions options;
  options.cpus = {0, 1};
  TAKT_ASSIGN(options.policy, find_policy("pinned"));
  options.drop_fault = [](Fault) {};
  options.inline_submit = false;   // the submitter must not take lane 1 itself
  Executor executor(options);
  Samples samples;
  std::thread([&] { measure(executor, rounds, samples); }).join();
  const auto ns = [](const std::vector<Nanos>& all) { return static_cast<double>(median(all).ns); };
  const double trip = ns(samples.trip), launch = ns(samples.launch);
  const double futex = ns(samples.futex), wake = ns(samples.wake);
  return nlohmann::json{{"one_way_trip_ns", trip}, {"launch_ns", launch},
                        {"launch_trips", launch / trip},
                        {"bare_launch_trips", ns(samples.bare) / trip}, {"futex_wake_ns", futex},
                        {"wake_ns", wake}, {"wake_ratio", wake / futex}};
}

}  // namespace takt::bench
