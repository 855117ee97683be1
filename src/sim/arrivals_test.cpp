// Sporadic and event-driven tasks and the overrun policies, in small missions whose every job can
// be reckoned by hand, and at random against what must hold for any.
#include "sim/arrivals.h"

#include <gtest/gtest.h>

#include <map>

#include "base/rng.h"
#include "dispatch/policy.h"
#include "sim/simulator.h"

namespace takt {
namespace {

struct Ended {
  Nanos release, end;
  JobOutcome outcome;
};
using Jobs = std::map<uint64_t, Ended>;   // by number

struct Lanes {
  explicit Lanes(int count) {
    instance.name = "arrivals";
    instance.pools.push_back({"cpu", {}, false, 0});
    for (int i = 0; i < count; ++i) {
      instance.pools[0].lanes.push_back(LaneId(size_t(i)));
      instance.lane_names.push_back("cpu." + std::to_string(i));
    }
  }

  // `jobs` jobs `period` apart, each `operations` operations of `work` one after another.
  InstanceTask& add(const char* name, int jobs, Nanos period, Nanos deadline, Nanos work,
                    int operations = 1) {
    const TaskId task(instance.tasks.size());
    instance.tasks.push_back({name, ModuleId(), "", Criticality::kFirm, 0});
    for (int k = 0; k < jobs; ++k) {
      const auto first = uint32_t(instance.operations.size());
      instance.jobs.push_back({task, uint32_t(k), period * k, period * k + deadline, first,
                               uint32_t(operations)});
      for (int i = 0; i < operations; ++i) {
        instance.operations.push_back({Operation::Kind::kGraphOp, JobId(instance.jobs.size() - 1),
                                       uint32_t(i), name, {{{{PoolId(0u), 1}}, "default", work}}});
        if (i > 0)
          instance.precedences.push_back({OpId(first + uint32_t(i) - 1), OpId(first + uint32_t(i)),
                                          Nanos(0)});
      }
    }
    return instance.tasks.back();
  }

  void trigger(uint32_t on, uint32_t task) {
    instance.tasks[task].arrival = Arrival::kEvent;
    instance.tasks[task].on = TaskId(on);
    for (const Job& before : instance.jobs)
      for (const Job& after : instance.jobs)
        if (before.task == TaskId(on) && after.task == TaskId(task) && before.index == after.index)
          instance.precedences.push_back({OpId(before.first_op + before.op_count - 1),
                                          OpId(after.first_op), Nanos(0)});
  }

  std::vector<Jobs> run(const char* policy, uint64_t seed = 1, int64_t windows = 1) {
    EXPECT_TRUE(check_instance(instance)) << check_instance(instance).error().message;
    const Result<SimInput> input = make_sim_input(instance, nullptr);
    EXPECT_TRUE(input.ok()) << input.error().message;
    SimOptions options;
    options.policy = find_policy(policy).value();
    options.seed = seed;
    options.windows = windows;
    const Result<SimResult> result = simulate(*input, options);
    EXPECT_TRUE(result.ok()) << result.error().message;
    operations = result->operations;
    std::vector<Jobs> jobs(instance.tasks.size());
    std::vector<std::map<uint64_t, int>> released(instance.tasks.size());
    for (const TraceEvent& e : result->trace.events) {
      if (e.kind == TraceEvent::Kind::kRelease) ++released[e.task][e.job];
      if (e.kind != TraceEvent::Kind::kJobEnd) continue;
      EXPECT_TRUE(jobs[e.task].insert({e.job, {e.begin, e.end, JobOutcome(e.value)}}).second);
    }
    for (size_t t = 0; t < jobs.size(); ++t) {
      EXPECT_EQ(released[t].size(), jobs[t].size());   // what is released ends, once
      for (const auto& [job, count] : released[t]) EXPECT_EQ(count, 1);
    }
    return jobs;
  }

  Instance instance;
  uint64_t operations = 0;
};

TEST(Overrun, RunOnIsLateForEver) {
  Lanes lanes(1);
  lanes.add("t", 6, millis(1), millis(1), micros(1500));
  const Jobs jobs = lanes.run("dynamic")[0];
  ASSERT_EQ(jobs.size(), 6u);
  for (const auto& [k, job] : jobs) {
    EXPECT_EQ(job.outcome, JobOutcome::kMissed);
    EXPECT_EQ(job.end, micros(1500) * int64_t(k + 1));
  }
}

// Job 0 ends at 1.5 ms; job 1, due at 2, begins then and ends at 3; job 2 cannot begin by its
// deadline (3 ms), job 3 begins at 3.
TEST(Overrun, SkipShedsWhatCannotBeginInTime) {
  Lanes lanes(1);
  lanes.add("t", 6, millis(1), millis(1), micros(1500)).overrun = Overrun::kSkip;
  const Jobs jobs = lanes.run("dynamic")[0];
  ASSERT_EQ(jobs.size(), 6u);
  EXPECT_EQ(jobs.at(1).end, millis(3));
  EXPECT_EQ(jobs.at(2).outcome, JobOutcome::kShed);
  EXPECT_EQ(jobs.at(3).end, micros(4500));
}

// What has begun at the deadline ends, what has not never begins.
TEST(Overrun, AbortEndsAtTheNextOperationBoundary) {
  Lanes lanes(1);
  lanes.add("t", 4, millis(2), micros(800), micros(400), 3).overrun = Overrun::kAbort;
  const Jobs jobs = lanes.run("dynamic")[0];
  ASSERT_EQ(jobs.size(), 4u);
  for (const auto& [k, job] : jobs) {
    EXPECT_EQ(job.outcome, JobOutcome::kMissed);
    EXPECT_EQ(job.end, millis(2 * int64_t(k)) + micros(1200)) << k;   // the third began at 800 us
  }
  Lanes slow(1);
  slow.add("t", 4, millis(2), micros(900), micros(500), 5).overrun = Overrun::kAbort;
  const Jobs aborted = slow.run("dynamic")[0];
  for (const auto& [k, job] : aborted) {
    EXPECT_EQ(job.outcome, JobOutcome::kMissed);
    EXPECT_EQ(job.end, millis(2 * int64_t(k)) + millis(1)) << k;   // the second ends at 1 ms
  }
  EXPECT_EQ(slow.operations, 8u);
}

TEST(Arrivals, AnEventDrivenJobComesWhenWhatTriggersItIsDone) {
  Lanes lanes(2);
  lanes.add("see", 8, millis(1), millis(1), micros(300));
  lanes.add("track", 8, millis(1), millis(1), micros(200)).arrival_pct = 50;
  lanes.trigger(0, 1);
  const std::vector<Jobs> jobs = lanes.run("dynamic", 7, 1);
  EXPECT_EQ(jobs[0].size(), 8u);
  EXPECT_GT(jobs[1].size(), 0u);
  EXPECT_LT(jobs[1].size(), 8u);
  for (const auto& [k, job] : jobs[1]) EXPECT_EQ(job.end, jobs[0].at(k).end + micros(200));
}

TEST(Arrivals, ItWaitsForALateTriggerAndIsShedWithADroppedOne) {
  Lanes late(2);
  late.add("see", 2, millis(2), millis(1), micros(1200));
  late.add("track", 2, millis(2), millis(2), micros(200));
  late.trigger(0, 1);
  const Jobs tracked = late.run("dynamic")[1];
  for (const auto& [k, job] : tracked)
    EXPECT_EQ(job.end, millis(2 * int64_t(k)) + micros(1400));

  Lanes dropped(2);
  dropped.add("see", 3, millis(2), millis(1), micros(700), 2).overrun = Overrun::kAbort;
  dropped.instance.operations[2].modes[0].duration = micros(100);   // job 1 is in time
  dropped.add("track", 3, millis(2), millis(2), micros(200));
  dropped.trigger(0, 1);
  dropped.add("tail", 3, millis(2), millis(2), micros(200));
  dropped.trigger(1, 2);
  const std::vector<Jobs> jobs = dropped.run("dynamic");
  for (const uint32_t task : {1u, 2u}) {
    ASSERT_EQ(jobs[task].size(), 3u);
    EXPECT_EQ(jobs[task].at(0).outcome, JobOutcome::kShed);
    EXPECT_EQ(jobs[task].at(1).outcome, JobOutcome::kDone);
    EXPECT_EQ(jobs[task].at(2).outcome, JobOutcome::kShed);
  }
}

TEST(Arrivals, SporadicJobsKeepTheirSeparationAndTheirShare) {
  for (const uint64_t seed : {1u, 2u, 3u}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Lanes lanes(1);
    lanes.add("s", 100, millis(1), millis(1), micros(10)).arrival = Arrival::kSporadic;
    lanes.instance.tasks[0].arrival_pct = 40;
    lanes.instance.horizon = millis(100);
    const Jobs jobs = lanes.run("dynamic", seed, 10)[0];
    EXPECT_NEAR(double(jobs.size()), 400, 70);
    Nanos last = Nanos(-1'000'000'000);
    for (const auto& [k, job] : jobs) {
      EXPECT_GE(job.release - last, millis(1)) << k;
      EXPECT_GE(job.release, millis(1) * int64_t(k));
      EXPECT_LT(job.release, millis(1) * int64_t(k + 1));
      EXPECT_EQ(job.outcome, JobOutcome::kDone);
      last = job.release;
    }
  }
}

// Whatever the policy, load and arrivals: what is released ends, and one seed is one run.
TEST(Arrivals, RandomMissionsAddUp) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    Lanes lanes(int(rng.between(1, 3)));
    const auto tasks = uint32_t(rng.between(1, 4));
    for (uint32_t t = 0; t < tasks; ++t) {
      static const char* kNames[] = {"a", "b", "c", "d"};
      InstanceTask& task = lanes.add(kNames[t], 5, millis(2), micros(rng.between(300, 3000)),
                                     micros(rng.between(50, 600)), int(rng.between(1, 4)));
      task.overrun = kOverruns[rng.below(3)];
      task.criticality = kCriticalities[rng.below(4)];
      task.arrival_pct = int(rng.between(20, 100));
      if (rng.below(2)) task.arrival = Arrival::kSporadic;
      if (t > 0 && rng.below(2)) lanes.trigger(uint32_t(rng.below(t)), t);
    }
    lanes.instance.horizon = millis(10);
    for (const char* policy : {"dynamic", "jobshop", "hybrid", "pinned"}) {
      SCOPED_TRACE(policy);
      const std::vector<Jobs> jobs = lanes.run(policy, seed, 4);
      const std::vector<Jobs> again = lanes.run(policy, seed, 4);
      for (uint32_t t = 0; t < tasks; ++t) {
        ASSERT_EQ(jobs[t].size(), again[t].size());
        const InstanceTask& task = lanes.instance.tasks[t];
        if (task.arrival == Arrival::kEvent) {
          for (const auto& [k, job] : jobs[t]) {
            if (job.outcome != JobOutcome::kDone) continue;
            EXPECT_LT(jobs[task.on.value()].at(k).end, job.end);
          }
        }
        if (task.overrun == Overrun::kRunOn && task.criticality <= Criticality::kFirm &&
            task.arrival != Arrival::kEvent) {
          for (const auto& [k, job] : jobs[t]) EXPECT_NE(job.outcome, JobOutcome::kShed);
        }
      }
    }
  }
}

}  // namespace
}  // namespace takt
