#include "bench/executor_dag.h"

#include <algorithm>

#include "base/clock.h"
#include "base/rng.h"

namespace takt::bench {
namespace {

class SerialPeer final : public DagPeer {
 public:
  SerialPeer(const Dag& dag, const DagWork& work) : items_(dag.items()), work_(work) {}
  void run() override {
    for (uint32_t n = 0; n < items_; ++n) work_.run(n);
  }

 private:
  const uint32_t items_;
  const DagWork& work_;
};

}  // namespace

std::unique_ptr<DagPeer> make_serial_peer(const Dag& dag, const DagWork& work) {
  return std::make_unique<SerialPeer>(dag, work);
}

Dag chain_dag(uint32_t items) {
  Dag dag{"chain", std::vector<std::vector<uint32_t>>(items)};
  for (uint32_t n = 1; n < items; ++n) dag.deps[n] = {n - 1};
  return dag;
}

Dag wide_dag(uint32_t items) {
  return {"wide", std::vector<std::vector<uint32_t>>(items)};
}

Dag layered_dag(uint32_t layers, uint32_t width, uint32_t inputs) {
  Dag dag{inputs == width ? "layered_all" : "layered", {}, width, inputs == width};
  dag.deps.resize(size_t{layers} * width);
  Rng rng(50 * 40 + inputs);
  for (uint32_t n = width; n < dag.items(); ++n) {
    const uint32_t before = (n / width - 1) * width;
    std::vector<uint32_t>& deps = dag.deps[n];
    while (deps.size() < inputs) {
      const uint32_t input =
          before + (dag.all_of_layer ? static_cast<uint32_t>(deps.size())
                                     : static_cast<uint32_t>(rng.below(width)));
      if (std::find(deps.begin(), deps.end(), input) == deps.end()) deps.push_back(input);
    }
    std::sort(deps.begin(), deps.end());
  }
  return dag;
}

void DagWork::compute(uint64_t steps) {
  uint64_t value = steps | 1;
  for (uint64_t i = 0; i < steps; ++i) {
    value *= 0x9e3779b97f4a7c15u;
    asm volatile("" : "+r"(value));   // one multiplication after the other
  }
}

void DagWork::check(uint32_t item) const {
  for (const uint32_t input : dag_.deps[item])
    if (times_run_[input].load(std::memory_order_relaxed) != 1)
      early_.fetch_add(1, std::memory_order_relaxed);
  times_run_[item].fetch_add(1, std::memory_order_relaxed);
}

bool DagWork::complete() {
  bool good = early_.exchange(0) == 0;
  for (std::atomic<uint32_t>& times : times_run_) good &= times.exchange(0) == 1;
  return good;
}

uint64_t steps_of(Nanos duration) {
  constexpr uint64_t kSteps = 200'000;
  Dag dag = wide_dag(1);
  DagWork work(dag);
  work.steps = kSteps;
  Nanos best = Nanos::max();
  for (int trial = 0; trial < 200; ++trial) {
    const Nanos begin = monotonic_now();
    work.run(0);
    best = std::min(best, monotonic_now() - begin);
  }
  return std::max<uint64_t>(1, kSteps * static_cast<uint64_t>(duration.ns) /
                                   static_cast<uint64_t>(best.ns));
}

}  // namespace takt::bench
