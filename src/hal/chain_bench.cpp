// Chains of tiny dispatches on takt, local-sync and local-task, in one process and in
// turns, so that all see the same machine. The difference between 320 and 40 layers
// gives the cost of a dispatch, what is left the cost of a call.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <map>

#include "base/clock.h"
#include "hal/test_module.h"

namespace takt {
namespace {

struct Driver {
  const char* name;
  std::unique_ptr<TestModule> (*create)(const std::string& vmfb);
};

std::unique_ptr<TestModule> create_takt(const std::string& vmfb, int lanes) {
  DeviceOptions options;
  options.lanes = lanes;
  return std::make_unique<TestModule>(options, vmfb);
}

const Driver kDrivers[] = {
    {"takt 1 lane", [](const std::string& vmfb) { return create_takt(vmfb, 1); }},
    {"takt 2 lanes", [](const std::string& vmfb) { return create_takt(vmfb, 2); }},
    {"local-sync",
     [](const std::string& vmfb) {
       return std::make_unique<TestModule>(TestModule::Stock::kLocalSync, vmfb);
     }},
    {"local-task 1",
     [](const std::string& vmfb) {
       return std::make_unique<TestModule>(TestModule::Stock::kLocalTask, vmfb, 1);
     }},
    {"local-task 2",
     [](const std::string& vmfb) {
       return std::make_unique<TestModule>(TestModule::Stock::kLocalTask, vmfb, 2);
     }},
};

Nanos time_call(TestModule& module) {
  const Nanos begin = monotonic_now();
  module.wait(module.submit());
  return monotonic_now() - begin;
}

// Fastest call of each driver: other load only ever adds.
void chains(benchmark::State& state) {
  const std::string short_chain = compile_test_module("tiny40");
  const std::string long_chain = compile_test_module("tiny320");
  if (short_chain.empty() || long_chain.empty()) return state.SkipWithError("iree-compile failed");
  std::map<std::string, Nanos> best40, best320;
  for (auto _ : state) {
    for (const Driver& driver : kDrivers) {
      auto module40 = driver.create(short_chain), module320 = driver.create(long_chain);
      if (!module40->make_inputs(1) || !module320->make_inputs(1))
        return state.SkipWithError(module40->error().c_str());
      Nanos& b40 = best40.try_emplace(driver.name, Nanos::max()).first->second;
      Nanos& b320 = best320.try_emplace(driver.name, Nanos::max()).first->second;
      for (int i = 0; i < 200; ++i) {
        b40 = std::min(b40, time_call(*module40));
        b320 = std::min(b320, time_call(*module320));
      }
    }
  }
  for (const Driver& driver : kDrivers) {
    const Nanos per_dispatch = (best320[driver.name] - best40[driver.name]) / 280;
    const Nanos per_call = best40[driver.name] - per_dispatch * 40;
    state.counters[std::string(driver.name) + " dispatch_ns"] = double(per_dispatch.ns);
    state.counters[std::string(driver.name) + " call_ns"] = double(per_call.ns);
  }
}
BENCHMARK(chains)->Unit(benchmark::kMillisecond);

// One module over and over: microseconds of the fastest call.
void module_call(benchmark::State& state) {
  const char* const names[] = {"chain", "branches", "matmul"};
  const std::string vmfb = compile_test_module(names[state.range(0)]);
  if (vmfb.empty()) return state.SkipWithError("iree-compile failed");
  std::map<std::string, Nanos> best;
  for (auto _ : state) {
    for (const Driver& driver : kDrivers) {
      auto module = driver.create(vmfb);
      if (!module->make_inputs(1)) return state.SkipWithError(module->error().c_str());
      Nanos& fastest = best.try_emplace(driver.name, Nanos::max()).first->second;
      for (int i = 0; i < 100; ++i) fastest = std::min(fastest, time_call(*module));
    }
  }
  state.SetLabel(names[state.range(0)]);
  for (const auto& [name, fastest] : best) state.counters[name + " us"] = fastest.us();
}
BENCHMARK(module_call)->DenseRange(0, 2)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace takt
