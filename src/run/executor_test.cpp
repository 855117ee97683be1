// Random programs on every policy and number of lanes: every tile once, nothing early,
// every submission ended once, whoever submits, waits or fails.
#include "run/executor.h"

#include <gtest/gtest.h>

#include <array>
#include <list>
#include <thread>

#include "base/clock.h"
#include "run/random_dag.h"

namespace takt {
namespace {

std::atomic<uint32_t> dropped_faults{0};

struct Shape {
  const char* policy;
  uint32_t lanes;
  bool workers;
  bool inline_submit;
};

ExecutorOptions options_for(const Shape& shape) {
  ExecutorOptions options;
  options.cpus.assign(shape.lanes, -1);
  options.policy = *find_policy(shape.policy);
  options.workers = shape.workers;
  options.inline_submit = shape.inline_submit;
  options.trace_capacity = 64;
  options.drop_fault = [](Fault) { dropped_faults.fetch_add(1); };
  return options;
}

void submit(Executor& executor, const RandomDag& dag, RandomDag::Run& run,
            const Assignment* assignment = nullptr, Nanos release = Nanos::min()) {
  Submission* s = executor.acquire();
  s->program = &dag.program;
  s->data = &run;
  s->owner = &run;
  s->done = end_of_run;
  s->assignment = assignment;
  s->release = release;
  s->criticality = Criticality(run.done.size() % 4);
  executor.submit(s);
}

class ExecutorTest : public ::testing::TestWithParam<Shape> {
 protected:
  uint64_t seed() const {
    const uint64_t seed = 7 + GetParam().lanes + (GetParam().workers ? 100 : 0);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    return seed;
  }
};

TEST_P(ExecutorTest, RandomProgramsOneAfterAnother) {
  Rng rng(seed());
  Executor executor(options_for(GetParam()));
  for (int round = 0; round < 150; ++round) {
    RandomDag dag(rng);
    RandomDag::Run run(dag);
    submit(executor, dag, run);
    executor.wait_idle();
    ASSERT_TRUE(RandomDag::complete(run)) << "round " << round;
  }
}

TEST_P(ExecutorTest, ManyAtOnceFromSeveralThreads) {
  Rng rng(seed());
  std::list<RandomDag> dags;
  for (int i = 0; i < 8; ++i) dags.emplace_back(rng, 30);
  std::list<RandomDag::Run> runs;
  Executor executor(options_for(GetParam()));
  std::vector<std::vector<std::pair<RandomDag*, RandomDag::Run*>>> work(3);
  for (int i = 0; i < 240; ++i) {
    auto dag = std::next(dags.begin(), long(rng.below(dags.size())));
    runs.emplace_back(*dag);
    work[size_t(i) % work.size()].push_back({&*dag, &runs.back()});
  }
  std::vector<std::thread> threads;
  for (auto& share : work)
    threads.emplace_back([&] {
      for (auto [dag, run] : share) submit(executor, *dag, *run);
    });
  for (std::thread& thread : threads) thread.join();
  executor.wait_idle();
  for (const RandomDag::Run& run : runs) ASSERT_TRUE(RandomDag::complete(run));
  EXPECT_EQ(executor.statistics().submissions, runs.size());
}

TEST_P(ExecutorTest, PlannedProgramsKeepTheirLanesUnderStrict) {
  Rng rng(seed());
  std::list<Assignment> plans;  // outlive the executor, as submission.h asks
  Executor executor(options_for(GetParam()));
  std::list<RandomDag> dags;
  std::list<RandomDag::Run> runs;
  for (int i = 0; i < 60; ++i) {
    dags.emplace_back(rng, 30);
    runs.emplace_back(dags.back());
    plans.push_back(dags.back().random_assignment(rng, executor.lanes()));
    submit(executor, dags.back(), runs.back(), &plans.back());
    if (i % 4 == 3) executor.wait_idle();
  }
  executor.wait_idle();
  for (const RandomDag::Run& run : runs) ASSERT_TRUE(RandomDag::complete(run));
}

// The same by tape where the policy keeps lanes; every fourth alone, the others at once, some
// timed, some failing.
TEST_P(ExecutorTest, TapesRunEveryTileOnceAfterItsInputs) {
  Rng rng(seed() + 1);
  std::list<Assignment> plans;  // outlive the executor, as submission.h asks
  std::list<Tape> tapes;
  std::list<RandomDag> dags;
  std::list<RandomDag::Run> runs;
  Executor executor(options_for(GetParam()));
  for (int i = 0; i < 80; ++i) {
    const RandomDag& dag = dags.emplace_back(rng, 30);
    RandomDag::Run& run = runs.emplace_back(dag);
    plans.push_back(dag.random_assignment(rng, executor.lanes()));
    auto tape = Tape::compile(dag.program, plans.back());
    ASSERT_TRUE(tape);
    tapes.push_back(std::move(*tape));
    if (i % 5 == 0) run.fail_item = uint32_t(rng.below(dag.items()));
    Submission* s = executor.acquire();
    s->program = &dag.program;
    s->data = s->owner = &run;
    s->done = end_of_run;
    s->assignment = &plans.back();
    s->tape = &tapes.back();
    if (i % 3 == 0) s->plan_base = monotonic_now() + micros(int64_t(rng.below(300)));
    if (i % 9 == 0) s->release = monotonic_now() + micros(int64_t(rng.below(300)));
    executor.submit(s);
    if (i % 4 == 3 || i < 8) executor.wait_idle();
    if (i % 10 == 9) submit(executor, dags.front(), runs.emplace_back(dags.front()));
  }
  executor.wait_idle();
  for (const RandomDag::Run& run : runs) {
    const bool failing = run.fail_item != UINT32_MAX;
    EXPECT_EQ(run.early, 0u);
    EXPECT_EQ(run.ends, 1u);
    EXPECT_EQ(run.faults, failing ? 1u : 0u);
    ASSERT_TRUE(failing || RandomDag::complete(run));
  }
}

// Single items bound to a lane, from two threads and in bursts: by mailbox when the lane's
// worker waits, else the long way, and beside other work. Each ends once, also with a fault.
TEST_P(ExecutorTest, SingleItemsBoundToALane) {
  struct Count {
    std::atomic<uint32_t> runs{0}, ends{0}, faults{0};
  };
  Rng rng(seed());
  const RandomDag dag(rng, 20);
  std::list<RandomDag::Run> runs;
  Executor executor(options_for(GetParam()));
  const Program program = Program::from_deps(
      {WorkItem{.run = [](const void*, const void* data, LaneContext&, uint32_t, uint32_t) {
        auto& count = *const_cast<Count*>(static_cast<const Count*>(data));
        return count.runs.fetch_add(1) % 7 == 6 ? Fault(&count) : nullptr;
      }}},
      {{}});
  const auto launch = [&](Count& count, uint32_t lane) {
    Submission* s = executor.acquire();
    s->program = &program;
    s->data = s->owner = &count;
    s->pin = LaneMask::of(lane);
    s->done = [](Submission& submission, Fault fault) {
      auto& ended = *static_cast<Count*>(submission.owner);
      ended.faults.fetch_add(fault != nullptr);
      ended.ends.fetch_add(1);
    };
    executor.submit(s);
  };
  Count one, two;
  std::thread other([&] {
    for (uint32_t i = 0; i < 300; ++i) launch(two, i % executor.lanes());
  });
  for (uint32_t i = 0; i < 300; ++i) {
    launch(one, i / 20 % executor.lanes());
    if (i % 50 == 49) submit(executor, dag, runs.emplace_back(dag));
    if (i % 3 == 0) executor.wait_idle();
  }
  other.join();
  executor.wait_idle();
  for (const Count* count : {&one, &two}) {
    EXPECT_EQ(count->runs, 300u);
    EXPECT_EQ(count->ends, 300u);
    EXPECT_EQ(count->faults, 300u / 7);
  }
  for (const RandomDag::Run& run : runs) ASSERT_TRUE(RandomDag::complete(run));
  EXPECT_EQ(executor.statistics().submissions, 600 + runs.size());
}

// What strict starts, it starts at its planned time, by tape as without.
TEST_P(ExecutorTest, TapesKeepPlannedStartsUnderStrict) {
  if (std::string_view(GetParam().policy) != "strict") GTEST_SKIP();
  std::list<Assignment> plans;
  Executor executor(options_for(GetParam()));
  struct Starts {
    std::array<std::atomic<int64_t>, 8> ns{};
    std::atomic<bool> ended{false};
  } starts;
  std::vector<WorkItem> items(8);
  for (uint32_t n = 0; n < 8; ++n)
    items[n] = {[](const void* context, const void* data, LaneContext&, uint32_t, uint32_t) {
                  auto& all = *const_cast<Starts*>(static_cast<const Starts*>(data));
                  all.ns[reinterpret_cast<uintptr_t>(context)] = monotonic_now().ns;
                  return Fault(nullptr);
                },
                reinterpret_cast<const void*>(uintptr_t{n})};
  const Program program =
      Program::from_deps(std::move(items), {{}, {}, {0}, {1}, {2, 3}, {}, {4}, {6}});
  Assignment& plan = plans.emplace_back();
  plan.by_lane.resize(executor.lanes());
  for (uint32_t n = 0; n < 8; ++n) {
    const uint32_t lane = n % executor.lanes();
    plan.items.push_back({micros(150) * n, micros(1), LaneMask::of(lane)});
    plan.by_lane[lane].push_back(n);
    plan.lanes = plan.lanes | LaneMask::of(lane);
  }
  const auto tape = Tape::compile(program, plan);
  ASSERT_TRUE(tape);
  Submission* s = executor.acquire();
  s->program = &program;
  s->data = s->owner = &starts;
  s->done = [](Submission& submission, Fault) {
    static_cast<Starts*>(submission.owner)->ended = true;
  };
  s->assignment = &plan;
  s->tape = &*tape;
  const Nanos base = s->plan_base = monotonic_now() + micros(400);
  executor.submit(s);
  executor.wait_idle();
  ASSERT_TRUE(starts.ended);
  for (uint32_t n = 0; n < 8; ++n)
    EXPECT_GE(starts.ns[n].load(), (base + plan.items[n].start).ns) << n;
}

TEST_P(ExecutorTest, NothingStartsBeforeItsRelease) {
  Rng rng(seed());
  Executor executor(options_for(GetParam()));
  std::list<RandomDag> dags;
  std::list<RandomDag::Run> runs;
  struct Timed {
    RandomDag::Run* run;
    Nanos release;
    Nanos end;
  };
  std::list<Timed> timed;
  for (int i = 0; i < 20; ++i) {
    dags.emplace_back(rng, 10);
    runs.emplace_back(dags.back());
    timed.push_back({&runs.back(), monotonic_now() + micros(int64_t(rng.below(1500))), Nanos()});
    Submission* s = executor.acquire();
    s->program = &dags.back().program;
    s->data = &runs.back();
    s->owner = &timed.back();
    s->release = timed.back().release;
    s->done = [](Submission& submission, Fault) {
      auto& entry = *static_cast<Timed*>(submission.owner);
      entry.end = monotonic_now();
      entry.run->ends.fetch_add(1);
    };
    executor.submit(s);
  }
  executor.wait_idle();
  for (const Timed& entry : timed) {
    ASSERT_TRUE(RandomDag::complete(*entry.run));
    EXPECT_GE(entry.end, entry.release);
  }
}

TEST_P(ExecutorTest, FirstFaultEndsTheSubmissionAndTheRestIsDropped) {
  Rng rng(seed());
  Executor executor(options_for(GetParam()));
  dropped_faults = 0;
  for (int round = 0; round < 30; ++round) {
    RandomDag dag(rng);
    RandomDag::Run run(dag);
    run.fail_item = uint32_t(rng.below(dag.items()));
    submit(executor, dag, run);
    executor.wait_idle();
    ASSERT_EQ(run.ends, 1u);
    ASSERT_EQ(run.faults, 1u);
    ASSERT_EQ(run.early, 0u);
  }
}

// done() submits the next one, as a queue of dependent calls does.
TEST_P(ExecutorTest, SubmittingFromDone) {
  Rng rng(seed());
  RandomDag dag(rng, 12);
  struct Chain {
    Executor* executor;
    const RandomDag* dag;
    std::list<RandomDag::Run> runs;
    std::atomic<int> left{100};
    void next() {
      runs.emplace_back(*dag);
      Submission* s = executor->acquire();
      s->program = &dag->program;
      s->data = &runs.back();
      s->owner = this;
      s->done = [](Submission& submission, Fault) {
        auto& chain = *static_cast<Chain*>(submission.owner);
        chain.runs.back().ends.fetch_add(1);
        if (chain.left.fetch_sub(1) > 1) chain.next();
      };
      executor->submit(s);
    }
  };
  Chain chain;
  Executor executor(options_for(GetParam()));
  chain.executor = &executor;
  chain.dag = &dag;
  chain.next();
  executor.wait_idle();
  ASSERT_EQ(chain.left, 0);
  for (const RandomDag::Run& run : chain.runs) ASSERT_TRUE(RandomDag::complete(run));
}

TEST_P(ExecutorTest, StopsWithWorkInFlight) {
  Rng rng(seed());
  std::list<RandomDag> dags;
  std::list<RandomDag::Run> runs;
  {
    Executor executor(options_for(GetParam()));
    for (int i = 0; i < 100; ++i) {
      dags.emplace_back(rng, 20);
      runs.emplace_back(dags.back());
      const Nanos release = i % 3 ? Nanos::min() : monotonic_now() + seconds(3600);
      submit(executor, dags.back(), runs.back(), nullptr, release);
    }
  }
  for (const RandomDag::Run& run : runs) ASSERT_TRUE(RandomDag::complete(run));
}

TEST_P(ExecutorTest, TraceCoversEveryItem) {
  Rng rng(seed());
  ExecutorOptions options = options_for(GetParam());
  options.trace_capacity = 1 << 12;
  Executor executor(options);
  RandomDag dag(rng);
  RandomDag::Run run(dag);
  submit(executor, dag, run);
  executor.wait_idle();
  std::vector<uint32_t> seen(dag.items());
  executor.drain_trace([&](const TraceEvent& event) {
    if (event.kind != TraceEvent::Kind::kOp) return;
    EXPECT_LE(event.begin, event.end);
    EXPECT_LT(event.lane, executor.lanes());
    seen.at(event.op) += event.value;
  });
  for (uint32_t n = 0; n < dag.items(); ++n) EXPECT_EQ(seen[n], dag.program.node(n).tiles);
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  for (const char* policy : {"dynamic", "hybrid", "jobshop", "pinned", "serial", "strict"})
    for (uint32_t lanes : {1u, 2u, 4u}) {
      all.push_back({policy, lanes, true, true});
      all.push_back({policy, lanes, true, false});
      all.push_back({policy, lanes, false, true});   // no workers at all
    }
  // More than one word of lanes.
  for (const char* policy : {"dynamic", "hybrid", "strict"})
    for (const bool workers : {true, false}) all.push_back({policy, 70, workers, true});
  return all;
}

INSTANTIATE_TEST_SUITE_P(All, ExecutorTest, ::testing::ValuesIn(shapes()), [](const auto& shape) {
  const Shape& s = shape.param;
  return std::string(s.policy) + "_" + std::to_string(s.lanes) +
         (!s.workers ? "_unmanned" : s.inline_submit ? "_inline" : "_queued");
});

}  // namespace
}  // namespace takt
