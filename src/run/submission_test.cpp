// The life of a submission: what it waits for and signals, timers, scopes, the ways it can end,
// and input that makes no sense.
#include "run/submission.h"

#include <gtest/gtest.h>

#include <list>
#include <thread>

#include "base/clock.h"
#include "run/executor.h"
#include "run/host_call.h"
#include "run/wait_set.h"

namespace takt {
namespace {

std::atomic<int> dropped{0};
int fault_place;

ExecutorOptions options_for(uint32_t lanes, const char* policy = "dynamic", bool workers = true) {
  ExecutorOptions options;
  options.cpus.assign(lanes, -1);
  options.policy = *find_policy(policy);
  options.workers = workers;
  options.drop_fault = [](Fault) { dropped.fetch_add(1); };
  return options;
}

// A program of `items` independent calls that count, and how its submissions ended.
struct Counted {
  explicit Counted(uint32_t items = 1)
      : call([this](LaneContext&) {
          runs.fetch_add(1);
          return fails ? Fault(&fault_place) : nullptr;
        }),
        program(Program::from_deps(std::vector<WorkItem>(items, call.item()),
                                   std::vector<std::vector<uint32_t>>(items))) {}

  Submission* prepared(Executor& executor) {
    Submission* s = executor.acquire();
    s->program = &program;
    s->owner = this;
    s->done = [](Submission& submission, Fault fault) {
      auto& self = *static_cast<Counted*>(submission.owner);
      self.end = submission.end();
      self.cause = submission.cause().get();
      if (fault && !submission.cause()) dropped.fetch_add(1);   // it was done()'s to free
      self.ended.fetch_add(1, std::memory_order_release);
    };
    return s;
  }

  std::atomic<uint32_t> runs{0};
  bool fails = false;
  HostCall call;
  Program program;
  std::atomic<uint32_t> ended{0};
  std::atomic<SubmissionEnd> end{};
  std::atomic<void*> cause{nullptr};
};

TEST(Submission, StartsWhenAllItsPointsAreReachedAndSignalsAfterwards) {
  for (const bool workers : {true, false}) {
    Timeline in, also, out;
    Counted work(5);
    Executor executor(options_for(2, "dynamic", workers));
    Submission* s = work.prepared(executor);
    s->waits = {{&in, 2}, {&also, 1}};
    s->signals = {{&out, 7}};
    executor.submit(s);
    also.signal(1);
    in.signal(1);
    EXPECT_EQ(out.state(7), PointState::kPending);
    EXPECT_EQ(work.runs, 0u);
    in.signal(2);
    executor.wait_idle();
    EXPECT_EQ(out.state(7), PointState::kReached);
    EXPECT_EQ(work.runs, 5u);
    EXPECT_EQ(work.ended, 1u);
  }
}

// Submissions of two executors in turn, each started by the one before.
TEST(Submission, ChainsOverTwoExecutors) {
  Timeline timeline;
  Counted work;
  Executor first(options_for(1)), second(options_for(2));
  for (uint64_t n = 0; n < 200; ++n) {
    Executor& executor = n % 2 ? second : first;
    Submission* s = work.prepared(executor);
    s->waits = {{&timeline, n + 1}};
    s->signals = {{&timeline, n + 2}};
    executor.submit(s);
  }
  WaitSet set;
  set.add({&timeline, 201});
  timeline.signal(1);
  EXPECT_EQ(set.wait_all(Nanos::max())->state, PointState::kReached);
  EXPECT_EQ(work.runs, 200u);
}

TEST(Submission, AFailedPointEndsItAtOnceAndIsHandedOn) {
  Timeline broken, never, out;
  Counted work;
  Executor executor(options_for(2));
  Submission* s = work.prepared(executor);
  s->waits = {{&never, 1}, {&broken, 1}};
  s->signals = {{&out, 1}};
  executor.submit(s);
  broken.fail(SharedFault(&fault_place, [](void*) {}));
  EXPECT_EQ(out.wait(1, Nanos::max()), PointState::kFailed);
  EXPECT_EQ(out.fault().get(), &fault_place);
  executor.wait_idle();
  EXPECT_EQ(work.end, SubmissionEnd::kInputFailed);
  EXPECT_EQ(work.cause, &fault_place);
  EXPECT_EQ(work.runs, 0u);
  // The same when it has failed before the submission comes.
  s = work.prepared(executor);
  s->waits = {{&broken, 1}, {&never, 1}};
  executor.submit(s);
  executor.wait_idle();
  EXPECT_EQ(work.ended, 2u);
}

TEST(Submission, TheFirstFaultOfAScopeReachesEveryWaiterAndStopsWhatComesLater) {
  dropped = 0;
  {
    Executor executor(options_for(2));
    Scope scope;
    Counted good, bad;
    bad.fails = true;
    std::atomic<int> told{0};
    std::vector<std::thread> waiters;
    scope.begin();   // not idle before all are submitted
    for (int i = 0; i < 3; ++i)
      waiters.emplace_back([&] {
        told += scope.wait_idle(Nanos::max()) == PointState::kFailed &&
                scope.fault().get() == &fault_place;
      });
    for (Counted* work : {&good, &bad, &bad}) {
      Submission* s = work->prepared(executor);
      s->scope = &scope;
      executor.submit(s);
    }
    scope.end();
    for (std::thread& waiter : waiters) waiter.join();
    EXPECT_EQ(told, 3);
    Counted later;
    Submission* s = later.prepared(executor);
    s->scope = &scope;
    executor.submit(s);
    EXPECT_EQ(scope.wait_idle(Nanos::max()), PointState::kFailed);
    EXPECT_EQ(later.end, SubmissionEnd::kScopeFailed);
    EXPECT_EQ(later.cause, &fault_place);
    EXPECT_EQ(later.runs, 0u);
    EXPECT_EQ(scope.in_flight(), 0u);
    executor.wait_idle();
    EXPECT_EQ(dropped, int(bad.runs) - 1);   // the scope still has the first
  }
  EXPECT_GE(dropped, 1);
}

TEST(Submission, CancelEndsWhatWaitsSleepsOrRuns) {
  for (const char* policy : {"dynamic", "hybrid", "strict", "pinned"}) {
    SCOPED_TRACE(policy);
    Timeline never;
    Counted waiting, sleeping(3), running;
    std::atomic<bool> go{false}, runs{false};
    const HostCall blocker([&](LaneContext&) {
      runs = true;
      while (!go) std::this_thread::yield();
      return nullptr;
    });
    running.program = Program::from_deps({blocker.item(), running.call.item()}, {{}, {0}});
    ExecutorOptions options = options_for(2, policy);
    options.inline_submit = false;
    Executor executor(options);
    Submission* s = waiting.prepared(executor);
    s->waits = {{&never, 1}};
    const SubmissionHandle first = executor.submit(s);
    s = sleeping.prepared(executor);
    s->release = monotonic_now() + seconds(3600);
    const SubmissionHandle second = executor.submit(s);
    s = running.prepared(executor);
    s->pin = LaneMask::of(0);
    const SubmissionHandle third = executor.submit(s);
    while (!runs) std::this_thread::yield();
    EXPECT_TRUE(executor.cancel(first));
    EXPECT_EQ(waiting.ended, 1u);   // nothing of it was with a lane
    EXPECT_TRUE(executor.cancel(second));
    EXPECT_TRUE(executor.cancel(third));
    EXPECT_FALSE(executor.cancel(third));
    go = true;
    executor.wait_idle();
    for (const Counted* work : {&waiting, &sleeping, &running}) {
      EXPECT_EQ(work->end, SubmissionEnd::kCancelled);
      EXPECT_EQ(work->ended, 1u);
      EXPECT_EQ(work->runs, 0u);
    }
    for (const SubmissionHandle& handle : {first, second, third})
      EXPECT_FALSE(executor.cancel(handle));
  }
}

TEST(Submission, AnItemWithATimerComesWhenItIsDueAndHoldsNoLane) {
  for (const char* policy : {"dynamic", "hybrid", "jobshop"}) {
    for (const bool workers : {true, false}) {
      SCOPED_TRACE(policy);
      Nanos at;
      std::atomic<uint32_t> others{0};
      const HostCall timed([&](LaneContext&) { return at = monotonic_now(), nullptr; });
      const HostCall other([&](LaneContext&) { return ++others, nullptr; });
      const Program program = Program::from_deps({timed.item(), other.item(), other.item()},
                                                 {{}, {}, {0}});
      Counted work;
      Executor executor(options_for(1, policy, workers));   // one lane: a timer must not hold it
      const Nanos due = monotonic_now() + millis(2);
      Submission* s = work.prepared(executor);
      s->program = &program;
      s->timers = {{0, due}, {1, Nanos(-5)}};
      executor.submit(s);
      Counted beside;
      executor.submit(beside.prepared(executor));
      executor.wait_idle();
      EXPECT_GE(at, due);
      EXPECT_EQ(others, 2u);
      EXPECT_EQ(beside.ended, 1u);
      EXPECT_EQ(work.ended, 1u);
    }
  }
}

TEST(Submission, SenselessInputIsDefined) {
  for (const char* policy : {"dynamic", "hybrid", "jobshop", "pinned", "strict"}) {
    SCOPED_TRACE(policy);
    Counted work(3);
    Assignment plan;
    plan.by_lane = {{0, 1}, {2}};
    plan.lanes = LaneMask::first(2);
    for (int n = 0; n < 3; ++n)
      plan.items.push_back({Nanos(-1000), Nanos(-7), LaneMask::of(n == 2)});
    Executor executor(options_for(2, policy));
    // Only lanes that are not there.
    Submission* s = work.prepared(executor);
    s->pin = LaneMask::of(200);
    executor.submit(s);
    EXPECT_EQ(work.end, SubmissionEnd::kRefused);
    EXPECT_EQ(work.ended, 1u);
    // Some that are.
    s = work.prepared(executor);
    s->pin = LaneMask::of(200) | LaneMask::of(1);
    executor.submit(s);
    // Long past, and negative.
    s = work.prepared(executor);
    s->release = Nanos(-1);
    s->deadline = Nanos(-2);
    executor.submit(s);
    s = work.prepared(executor);
    s->assignment = &plan;
    s->plan_base = Nanos(1);
    executor.submit(s);
    executor.wait_idle();
    EXPECT_EQ(work.ended, 4u);
    EXPECT_EQ(work.runs, 9u);
  }
}

TEST(Submission, MoreThanThereAreSlotsWaitTheirTurn) {
  Counted work(2);
  std::atomic<bool> go{false};
  const HostCall blocker([&](LaneContext&) {
    while (!go) std::this_thread::yield();
    return nullptr;
  });
  const Program blocked = Program::from_deps({blocker.item()}, {{}});
  ExecutorOptions options = options_for(1);
  options.inline_submit = false;
  Executor executor(options);
  Submission* s = work.prepared(executor);
  s->program = &blocked;
  executor.submit(s);
  std::vector<SubmissionHandle> handles;
  for (int i = 0; i < 300; ++i) handles.push_back(executor.submit(work.prepared(executor)));
  for (int i = 0; i < 300; i += 3) EXPECT_TRUE(executor.cancel(handles[size_t(i)]));
  go = true;
  executor.wait_idle();
  EXPECT_EQ(work.ended, 301u);
  EXPECT_EQ(work.runs, 400u);
}

TEST(Submission, TrimFreesWhatIsNotUsedAndWorkGoesOn) {
  Counted work(200);
  Executor executor(options_for(2));
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 5; ++i) executor.submit(work.prepared(executor));
    executor.wait_idle();
    while (executor.trim() == 0) std::this_thread::yield();   // once the lanes have parked
  }
  EXPECT_EQ(work.runs, 3000u);
}

// Work that waits for points nobody will signal does not keep an executor from ending.
TEST(Submission, ShutdownCancelsWhatStillWaits) {
  Timeline never, out;
  Counted waiting, ready;
  {
    Executor executor(options_for(2));
    Submission* s = waiting.prepared(executor);
    s->waits = {{&never, 1}};
    s->signals = {{&out, 1}};
    executor.submit(s);
    s = ready.prepared(executor);
    s->timers = {{0, monotonic_now() + seconds(3600)}};
    executor.submit(s);
  }
  EXPECT_EQ(waiting.end, SubmissionEnd::kCancelled);
  EXPECT_EQ(waiting.runs, 0u);
  EXPECT_EQ(out.state(1), PointState::kFailed);
  EXPECT_EQ(out.fault(), nullptr);
  EXPECT_EQ(ready.end, SubmissionEnd::kDone);
  EXPECT_EQ(ready.runs, 1u);
}

}  // namespace
}  // namespace takt
