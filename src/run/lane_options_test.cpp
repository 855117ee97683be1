// What an executor can be told about its lanes: whom they help, stack and local memory, lane
// numbers in traces, cpus.
#include <gtest/gtest.h>
#include <pthread.h>

#include <thread>

#include "run/executor.h"
#include "run/random_dag.h"

namespace takt {
namespace {

ExecutorOptions options_for(const char* policy, uint32_t lanes) {
  ExecutorOptions options;
  options.cpus.assign(lanes, -1);
  options.policy = *find_policy(policy);
  options.drop_fault = [](Fault) {};
  return options;
}

Submission* prepared(Executor& executor, const Program& program, const void* data,
                     std::atomic<uint32_t>& ends) {
  Submission* s = executor.acquire();
  s->program = &program;
  s->data = data;
  s->owner = &ends;
  s->done = [](Submission& submission, Fault) {
    static_cast<std::atomic<uint32_t>*>(submission.owner)->fetch_add(1);
  };
  return s;
}

// All of `items` planned for one lane, in order.
Assignment all_on(uint32_t lane, uint32_t items, uint32_t lanes) {
  Assignment plan;
  plan.by_lane.resize(lanes);
  for (uint32_t n = 0; n < items; ++n) {
    plan.items.push_back({micros(n), micros(1), LaneMask::of(lane)});
    plan.by_lane[lane].push_back(n);
  }
  plan.lanes = LaneMask::of(lane);
  plan.end = micros(items);
  return plan;
}

TEST(LaneOptions, ALaneTakesNothingFromLanesItMustNotHelp) {
  std::vector<std::atomic<uint32_t>> on(3);
  std::vector<WorkItem> items(40, WorkItem{.run = [](const void*, const void* data, LaneContext& l,
                                                     uint32_t, uint32_t) -> Fault {
    auto& counts = *static_cast<std::vector<std::atomic<uint32_t>>*>(const_cast<void*>(data));
    counts[l.lane].fetch_add(1);
    return nullptr;
  }});
  const Program program = Program::from_deps(items, std::vector<std::vector<uint32_t>>(40));
  const Assignment plan = all_on(1, 40, 3);
  ExecutorOptions options = options_for("hybrid", 3);
  options.helps = {LaneMask::of(2), LaneMask(), LaneMask::of(0)};   // nobody helps lane 1
  std::atomic<uint32_t> ends{0};
  Executor executor(options);
  for (int round = 0; round < 200; ++round) {
    Submission* s = prepared(executor, program, &on, ends);
    s->assignment = &plan;
    executor.submit(s);
    executor.wait_idle();
  }
  EXPECT_EQ(ends, 200u);
  EXPECT_EQ(on[1], 8000u);
}

// The first item planned for lane 0 ends only when the second, planned for it too, has run.
TEST(LaneOptions, ALaneHelpsWhomItMay) {
  struct Pair {
    std::atomic<bool> second{false};
    std::atomic<uint32_t> first_lane{0};
    std::atomic<uint32_t> second_lane{0};
  } pair;
  const WorkFn wait = [](const void*, const void* data, LaneContext& lane, uint32_t, uint32_t) {
    Pair& shared = *static_cast<Pair*>(const_cast<void*>(data));
    shared.first_lane = lane.lane;
    while (!shared.second) std::this_thread::yield();
    return Fault(nullptr);
  };
  const WorkFn set = [](const void*, const void* data, LaneContext& lane, uint32_t, uint32_t) {
    Pair& shared = *static_cast<Pair*>(const_cast<void*>(data));
    shared.second_lane = lane.lane;
    shared.second = true;
    return Fault(nullptr);
  };
  const Program program = Program::from_deps({{.run = wait}, {.run = set}}, {{}, {}});
  const Assignment plan = all_on(0, 2, 2);
  ExecutorOptions options = options_for("hybrid", 2);
  options.inline_submit = false;
  options.helps = {LaneMask(), LaneMask::of(0)};
  std::atomic<uint32_t> ends{0};
  Executor executor(options);
  Submission* s = prepared(executor, program, &pair, ends);
  s->assignment = &plan;
  executor.submit(s);
  executor.wait_idle();
  EXPECT_EQ(ends, 1u);
  EXPECT_NE(pair.first_lane, pair.second_lane);
}

TEST(LaneOptions, WorkersHaveTheStackThatWasAskedFor) {
  std::atomic<size_t> stack{0};
  const WorkFn measure = [](const void*, const void* data, LaneContext&, uint32_t, uint32_t) {
    pthread_attr_t attributes;
    size_t bytes = 0;
    if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
      pthread_attr_getstacksize(&attributes, &bytes);
      pthread_attr_destroy(&attributes);
    }
    static_cast<std::atomic<size_t>*>(const_cast<void*>(data))->store(bytes);
    return Fault(nullptr);
  };
  const Program program = Program::from_deps({{.run = measure}}, {{}});
  ExecutorOptions options = options_for("dynamic", 1);
  options.inline_submit = false;
  options.stack_bytes = (256u << 10) + 1;
  options.scratch_bytes = 1u << 20;
  std::atomic<uint32_t> ends{0};
  Executor executor(options);
  executor.submit(prepared(executor, program, &stack, ends));
  while (ends == 0) std::this_thread::yield();   // not wait_idle(): that donates this thread
  EXPECT_GE(stack, options.stack_bytes);
  EXPECT_LT(stack, 1u << 20);
}

TEST(LaneOptions, TracesOfSeveralExecutorsKeepTheirLanesApart) {
  Rng rng(3);
  RandomDag dag(rng);
  std::vector<uint32_t> seen(8);
  ExecutorOptions options = options_for("dynamic", 2);
  options.trace_capacity = 1 << 12;
  Executor first(options);
  options.base_lane = 5;
  Executor second(options);
  for (Executor* executor : {&first, &second}) {
    RandomDag::Run run(dag);
    std::atomic<uint32_t> ends{0};
    executor->submit(prepared(*executor, dag.program, &run, ends));
    executor->wait_idle();
    EXPECT_EQ(ends, 1u);
    executor->drain_trace([&](const TraceEvent& event) { ++seen.at(event.lane); });
  }
  EXPECT_GT(seen[0] + seen[1], 0u);
  EXPECT_EQ(seen[2] + seen[3] + seen[4] + seen[7], 0u);
  EXPECT_GT(seen[5] + seen[6], 0u);
}

TEST(LaneOptions, AWorkerOnACpuThatIsNotThereIsReported) {
  ExecutorOptions options = options_for("dynamic", 2);
  options.cpus = {0, 100000};
  Executor executor(options);
  EXPECT_NE(executor.warning().find("lane 1 could not be pinned to cpu 100000"),
            std::string::npos)
      << executor.warning();
  EXPECT_EQ(executor.warning().find("lane 0"), std::string::npos) << executor.warning();
  EXPECT_EQ(executor.seen_cpus()[0], 0);
  EXPECT_GE(executor.seen_cpus()[1], 0);
}

}  // namespace
}  // namespace takt
