#include "solve/search.h"

#include <gtest/gtest.h>

#include "solve/oracle.h"
#include "solve/random_instance.h"

namespace takt {
namespace {

// What a valid schedule is, said again without the solver's own timeline.
std::string first_fault(const Problem& problem, const Schedule& schedule) {
  const Instance& instance = problem.instance();
  const auto name = [](uint32_t op) { return "operation " + std::to_string(op); };
  for (uint32_t op = 0; op < problem.size(); ++op) {
    const Mode& mode = instance.operations[op].modes.at(schedule.mode[op]);
    if (schedule.start[op] < instance.jobs[instance.operations[op].job.value()].release)
      return name(op) + " starts before its release";
    std::vector<uint32_t> asked;
    const auto lanes = schedule.lanes_of(problem, op);
    for (const Demand& demand : mode.demands) {
      int found = 0;
      for (const LaneId lane : instance.pools[demand.pool.value()].lanes)
        found += static_cast<int>(std::count(lanes.begin(), lanes.end(), lane.value()));
      if (found != demand.count) return name(op) + " has the wrong lanes";
    }
    for (size_t i = 1; i < lanes.size(); ++i)
      if (lanes[i - 1] >= lanes[i]) return name(op) + " has lanes twice or unsorted";
    for (uint32_t other = 0; other < op; ++other) {
      if (schedule.start[op] >= schedule.end(problem, other) ||
          schedule.start[other] >= schedule.end(problem, op))
        continue;
      for (const uint32_t lane : schedule.lanes_of(problem, other))
        if (std::count(lanes.begin(), lanes.end(), lane))
          return name(op) + " and " + name(other) + " share a lane";
    }
  }
  for (const Precedence& edge : instance.precedences)
    if (schedule.start[edge.after.value()] <
        schedule.end(problem, edge.before.value()) + edge.delay)
      return name(edge.after.value()) + " starts before its predecessor";
  return "";
}

LevelValues values_of(const ListScore& score) {
  return {score.hard_misses, score.firm_misses, score.soft_tardiness.ns, score.makespan.ns};
}

TEST(Search, NeverBeatsTheOracleAndBoundsHold) {
  constexpr uint64_t kInstances = 600;
  int optimal = 0, proven = 0;
  for (uint64_t seed = 1; seed <= kInstances; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomInstanceOptions random;
    random.deadlines = seed % 3 != 0;
    const Instance instance = random_instance(seed, random);
    const Problem problem(instance);
    SearchOptions options;
    options.placements = 4000;
    const SearchResult found = search(problem, options);
    ASSERT_EQ(first_fault(problem, found.schedule), "");
    const Oracle oracle(instance);
    const LevelValues values = values_of(found.score);
    ASSERT_GE(values, oracle.lexicographic());
    const LevelValues bounds{found.bounds.hard_misses, found.bounds.firm_misses,
                             found.bounds.soft_tardiness.ns, found.bounds.makespan.ns};
    for (size_t i = 0; i < bounds.size(); ++i) ASSERT_LE(bounds[i], oracle.each()[i]) << i;
    optimal += values == oracle.lexicographic();
    proven += values == bounds;
  }
  RecordProperty("optimal", optimal);
  RecordProperty("proven", proven);
  std::printf("optimal %d, proven %d of %d\n", optimal, proven, static_cast<int>(kInstances));
  EXPECT_GE(optimal, static_cast<int>(kInstances * 97 / 100));
}

TEST(Search, LargerInstancesAreValidWithHandoff) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomInstanceOptions random;
    random.lanes_max = 8;
    random.pools_max = 3;
    random.jobs_max = 12;
    random.ops_min = 40;
    random.ops_max = 120;
    const Instance instance = random_instance(seed, random);
    const Problem problem(instance);
    SearchOptions options;
    options.handoff = Nanos(static_cast<int64_t>(seed % 3));
    options.placements = 5000;
    const SearchResult found = search(problem, options);
    ASSERT_EQ(first_fault(problem, found.schedule), "");
    EXPECT_EQ(found.score, list_score_of(problem, found.schedule));
    const SearchResult again = search(problem, options);
    EXPECT_EQ(found.schedule.start, again.schedule.start);
    EXPECT_EQ(found.schedule.lanes, again.schedule.lanes);
  }
}

Instance two_lanes() {
  Instance instance;
  instance.lane_names = {"a", "b"};
  instance.pools = {{"cores", {LaneId(0u), LaneId(1u)}}};
  return instance;
}

void add_op(Instance& instance, std::vector<int64_t> duration_by_width) {
  Operation op;
  op.job = JobId(instance.jobs.size() - 1);
  op.graph_op = instance.jobs.back().op_count++;
  int width = 1;
  for (const int64_t duration : duration_by_width) {
    op.modes.push_back({{{PoolId(0u), width}}, "default", Nanos(duration)});
    width *= 2;
  }
  instance.operations.push_back(op);
}

void add_job(Instance& instance, uint32_t task, uint32_t index, int64_t release,
             int64_t deadline) {
  instance.jobs.push_back({TaskId(task), index, Nanos(release), Nanos(deadline),
                           static_cast<uint32_t>(instance.operations.size()), 0});
}

TEST(Search, WidthThatSavesNothingStaysNarrow) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"call", ModuleId(0u), "main", Criticality::kFirm, 0});
  add_job(instance, 0, 0, 0, INT64_MAX);
  add_op(instance, {10, 10});
  add_op(instance, {10, 6});
  instance.precedences.push_back({OpId(0u), OpId(1u), Nanos(0)});
  const Problem problem(instance);
  const SearchResult found = search(problem);
  EXPECT_EQ(found.score.makespan, Nanos(16));
  EXPECT_EQ(found.schedule.mode, (std::vector<uint32_t>{0, 1}));
  EXPECT_TRUE(meets(found.score, found.bounds));
}

// A soft job with one long operation and a hard job every 20: no hard job waits.
TEST(Search, LongSoftWorkNeverDelaysHardJobs) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"perception", ModuleId(0u), "main", Criticality::kSoft, 0});
  instance.tasks.push_back({"control", ModuleId(1u), "main", Criticality::kHard, 0});
  instance.horizon = Nanos(200);
  add_job(instance, 0, 0, 0, 200);
  add_op(instance, {150, 90});
  for (uint32_t k = 0; k < 10; ++k) {
    add_job(instance, 1, k, 20 * k, 20 * k + 8);
    add_op(instance, {6, 4});
  }
  const Problem problem(instance);
  const SearchResult found = search(problem);
  EXPECT_EQ(first_fault(problem, found.schedule), "");
  EXPECT_EQ(found.score.overrun, Nanos(0));
  EXPECT_EQ(found.score.hard_misses, 0);
  EXPECT_EQ(found.score.soft_tardiness, Nanos(0));
}

// More work than lanes: everything is still scheduled, and the misses are counted.
TEST(Search, OverloadIsScheduledLate) {
  Instance instance = two_lanes();
  instance.tasks.push_back({"control", ModuleId(0u), "main", Criticality::kHard, 0});
  instance.horizon = Nanos(40);
  for (uint32_t k = 0; k < 4; ++k) {
    add_job(instance, 0, k, 10 * k, 10 * k + 10);
    add_op(instance, {15});
    add_op(instance, {15});
    add_op(instance, {15});
  }
  const Problem problem(instance);
  const SearchResult found = search(problem);
  EXPECT_EQ(first_fault(problem, found.schedule), "");
  EXPECT_EQ(found.score.hard_misses, 4);
  EXPECT_EQ(found.bounds.hard_misses, 4);
  EXPECT_GT(found.score.overrun, Nanos(0));
}

TEST(Search, NothingToDo) {
  const Instance instance = two_lanes();
  const Problem problem(instance);
  EXPECT_EQ(search(problem).score.makespan, Nanos(0));
}

}  // namespace
}  // namespace takt
