// Attribution on random simulated missions with one injected fault each: the parts add up, and
// the cause that is named is the one that was injected.
#include <gtest/gtest.h>

#include <set>

#include "sim/random_mission.h"
#include "sim/simulator.h"
#include "trace/attribution.h"

namespace takt {
namespace {

struct Injection {
  const char* fault;                                   // "": the load of add_load()
  bool (*named)(const CausePart& main, const Trace& trace);
  // hybrid hardly misses without the NPU; strict keeps unplanned load out of the plan's way.
  std::vector<const char*> policies;
};

bool is_time_lost(const CausePart& main, const Trace&) {
  return main.cause == Cause::kExecution || main.cause == Cause::kLateStart;
}
bool is_npu(const CausePart& main, const Trace& trace) {
  return main.cause == Cause::kResource && trace.lanes[main.lane] == "npu";
}
bool is_late_input(const CausePart& main, const Trace&) {
  return main.cause == Cause::kLateInput;
}
bool is_load(const CausePart& main, const Trace& trace) {
  return main.cause == Cause::kQueueing && main.task < trace.tasks.size() &&
         trace.tasks[main.task] == "load";
}

// A hard task beside the plan that takes every core for 3 ms of the window of 5 ms.
void add_load(Mission& mission) {
  Instance& instance = mission.instance;
  const auto task = uint32_t(instance.tasks.size());
  instance.tasks.push_back({"load", ModuleId(0u), "main", Criticality::kHard, 100});
  const auto first = uint32_t(instance.operations.size());
  instance.jobs.push_back({TaskId(task), 0, micros(100), micros(4900), first, 0});
  for (uint32_t pool = 0; pool < 2; ++pool)
    for (size_t lane = 0; lane < instance.pools[pool].lanes.size(); ++lane) {
      Operation op;
      op.job = JobId(instance.jobs.size() - 1);
      op.graph_op = instance.jobs.back().op_count++;
      op.kernel_hash = "load";
      op.modes = {{{{PoolId(pool), 1}}, "default", millis(3)}};
      instance.operations.push_back(op);
    }
}

struct Counts {
  int64_t misses = 0, named = 0;
};

std::set<std::pair<uint32_t, uint64_t>> jobs_of(const std::vector<Miss>& misses) {
  std::set<std::pair<uint32_t, uint64_t>> jobs;
  for (const Miss& miss : misses) jobs.insert({miss.task, miss.job});
  return jobs;
}

void check_sums(const std::vector<Miss>& misses, uint64_t seed) {
  for (const Miss& miss : misses) {
    Nanos sum;
    for (const CausePart& part : miss.parts) {
      EXPECT_GE(part.time, Nanos(0));
      sum += part.time;
    }
    ASSERT_EQ(sum, miss.late) << "seed " << seed << ", task " << miss.task << ", job " << miss.job;
  }
}

bool plan_is_in_time(const Mission& mission) {
  for (size_t i = 0; i < mission.plan.operations.size(); ++i)
    if (mission.plan.operations[i].end() >
        mission.instance.jobs[mission.instance.operations[i].job.value()].deadline)
      return false;
  return true;
}

// Of the misses that the undisturbed mission does not have.
void count(uint64_t seed, const char* policy, const Injection& injection, Counts& counts) {
  Mission mission = random_mission(seed);
  if (!plan_is_in_time(mission)) return;
  SimOptions options;
  options.policy = *find_policy(policy);
  options.seed = seed;
  options.windows = 4;
  options.grace = millis(50);
  const auto run = [&] {
    const SimInput input = *make_sim_input(mission.instance, &mission.plan);
    Trace trace = simulate(input, options)->trace;
    return trace;
  };
  const std::set before =
      jobs_of(attribute_misses(run(), &mission.plan, facts_of(mission.instance)));
  if (*injection.fault) options.disturbances = {injection.fault};
  else add_load(mission);
  const Trace trace = run();
  const std::vector<Miss> misses =
      attribute_misses(trace, &mission.plan, facts_of(mission.instance));
  check_sums(misses, seed);
  for (const Miss& miss : misses) {
    if (before.contains({miss.task, miss.job})) continue;
    ++counts.misses;
    counts.named += injection.named(miss.parts.front(), trace);
  }
}

TEST(Why, TheInjectedFaultIsTheNamedCause) {
  const Injection injections[] = {
      {"stall:lane=c0.0,every=4ms,for=2ms", is_time_lost, {"strict", "hybrid"}},
      {"npu-fault:lane=npu,every=4ms,for=3ms", is_npu, {"strict"}},
      {"late-input:task=t0,max=3ms", is_late_input, {"strict", "hybrid"}},
      {"", is_load, {"hybrid"}},
  };
  const uint64_t first_seed = 20261124;
  std::printf("seeds from %llu\n", static_cast<unsigned long long>(first_seed));
  for (const Injection& injection : injections)
    for (const char* policy : injection.policies) {
      Counts counts;
      for (uint64_t seed = first_seed; seed < first_seed + 300; ++seed)
        count(seed, policy, injection, counts);
      std::printf("%-40s %-7s %5lld misses, %5lld named\n", injection.fault, policy,
                  static_cast<long long>(counts.misses), static_cast<long long>(counts.named));
      EXPECT_GE(counts.misses, 50);
      EXPECT_GE(counts.named * 100, counts.misses * 85) << injection.fault << ", " << policy;
    }
}

}  // namespace
}  // namespace takt
