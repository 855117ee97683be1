#include "solve/build_instance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace takt {
namespace {

using ::testing::HasSubstr;

Soc robot_soc() {
  Soc soc;
  soc.name = "robot";
  soc.clusters = {{"big", "core.big", 4, {}, {}}, {"little", "core.little", 2, {}, {}}};
  soc.accelerators = {{"npu", "npu.ip", ClusterId(1u), true}};
  derive_lanes(soc);
  return soc;
}

// main: 0 -> 1, 0 -> 2, then a second region with 3; 0 and 3 share a kernel.
DispatchGraph diamond_graph() {
  DispatchGraph graph;
  graph.module_name = "net";
  graph.source = "net.mlir";
  graph.kernels = {{"matmul", "hash-matmul", "bin"}, {"relu", "hash-relu", "bin"}};
  GraphFunction main;
  main.name = "main";
  main.plannable = true;
  main.regions = 2;
  main.ops.resize(4);
  for (uint32_t i = 0; i < 4; ++i) main.ops[i].position = i;
  main.ops[0].kernel = KernelId(0u);
  main.ops[0].workgroups = {8, 1, 1};
  main.ops[1].kernel = KernelId(1u);
  main.ops[1].workgroups = {3, 1, 1};
  main.ops[1].deps = {{0, DependencyKind::kTrue, 64}, {0, DependencyKind::kAnti, 64}};
  main.ops[2].kind = OpKind::kFill;
  main.ops[2].bytes = 256;
  main.ops[2].deps = {{0, DependencyKind::kTrue, 64}};
  main.ops[3].kernel = KernelId(0u);
  main.ops[3].workgroups = {8, 1, 1};
  main.ops[3].region = 1;
  main.ops[3].position = 0;
  GraphFunction dynamic;
  dynamic.name = "dynamic";
  dynamic.reason = "the shape of %arg0 is dynamic";
  graph.functions = {main, dynamic};
  return graph;
}

CostStats cost(int64_t median_ns) {
  return {10, Nanos(median_ns), Nanos(median_ns), Nanos(median_ns * 2), Nanos(median_ns * 3)};
}

CostTable diamond_costs() {
  CostTable costs;
  for (const int width : {1, 2, 4, 8}) {
    costs.set({"hash-matmul", {8, 1, 1}, "core.big", width}, cost(8000 / width));
    costs.set({"hash-relu", {3, 1, 1}, "core.big", width}, cost(900 / width));
    costs.set({"hash-matmul", {8, 1, 1}, "core.little", width}, cost(20000 / width));
  }
  costs.set({"hash-matmul", {8, 1, 1}, "npu.ip", 1}, cost(700));
  costs.set({"fill", {256, 1, 1}, "core.big", 1}, cost(50));
  return costs;
}

Workload one_task(Period period, Nanos deadline) {
  Workload workload;
  workload.name = "w";
  workload.modules = {{"net", "net.mlir", "main"}};
  workload.tasks = {{"control", ModuleId(0u), period, Nanos(0), deadline, Criticality::kHard, 0}};
  return workload;
}

std::set<std::pair<uint32_t, uint32_t>> edges_of(const Instance& instance) {
  std::set<std::pair<uint32_t, uint32_t>> edges;
  for (const Precedence& edge : instance.precedences)
    edges.emplace(edge.before.value(), edge.after.value());
  return edges;
}

using Edges = std::set<std::pair<uint32_t, uint32_t>>;

TEST(BuildInstance, ModesFollowClusterTilesAndCosts) {
  const auto call = build_call_instance("net", diamond_graph(), "main", robot_soc(),
                                        diamond_costs());
  ASSERT_TRUE(call.ok()) << call.error().message;
  ASSERT_EQ(call->pools.size(), 3u);
  EXPECT_EQ(call->pools[0].lanes.size(), 4u);
  EXPECT_EQ(call->pools[2].name, "npu");
  ASSERT_EQ(call->operations.size(), 4u);
  // matmul: big 1 2 4 (never 8: four cores), little 1 2, npu with one little core.
  const std::vector<Mode>& matmul = call->operations[0].modes;
  ASSERT_EQ(matmul.size(), 6u);
  EXPECT_EQ(matmul[2].demands.front().count, 4);
  EXPECT_EQ(matmul[2].duration, Nanos(2000));
  EXPECT_EQ(matmul[5].demands.size(), 2u);
  EXPECT_EQ(matmul[5].demands[1].pool, PoolId(2u));
  EXPECT_EQ(matmul[5].duration, Nanos(700));
  // relu has 3 tiles: 1 and 2, not 4; and 2 only if saving 450 ns is worth two lanes.
  EXPECT_EQ(call->operations[1].modes.size(), 1u);
  ModeOptions eager;
  eager.wider_gain_min = Nanos(1);
  const auto wide = build_call_instance("net", diamond_graph(), "main", robot_soc(),
                                        diamond_costs(), eager);
  ASSERT_TRUE(wide.ok()) << wide.error().message;
  EXPECT_EQ(wide->operations[1].modes.size(), 2u);
  EXPECT_EQ(call->operations[2].modes.size(), 1u);   // a fill is one piece
  EXPECT_EQ(edges_of(*call), (Edges{{0, 1}, {0, 2}, {1, 3}, {2, 3}}));
  EXPECT_EQ(call->horizon, Nanos::max());
}

TEST(BuildInstance, JobsOfARationalPeriodAndSubmits) {
  CostTable costs = diamond_costs();
  costs.set({"submit:net/main", {1, 1, 1}, "core.big", 1}, cost(3000));
  const Workload workload = one_task({100'000'000, 3}, millis(30));
  const auto built = build_instance(workload, {diamond_graph()}, robot_soc(), costs);
  ASSERT_TRUE(built.ok()) << built.error().message;
  const Instance& instance = built->instance;
  EXPECT_EQ(instance.horizon, millis(100));
  ASSERT_EQ(instance.jobs.size(), 3u);
  EXPECT_EQ(instance.jobs[1].release, Nanos(33'333'333));
  EXPECT_EQ(instance.jobs[1].deadline, Nanos(63'333'333));
  EXPECT_EQ(instance.jobs[1].op_count, 5u);
  const Operation& submit = instance.operations[4];
  EXPECT_EQ(submit.kind, Operation::Kind::kSubmit);
  EXPECT_EQ(submit.modes.front().duration, Nanos(3000));                      // the median
  EXPECT_EQ(instance.operations[0].modes.front().duration, Nanos(2 * 8000));  // hard: p95
  const auto edges = edges_of(instance);
  EXPECT_TRUE(edges.contains({3, 4}));
  EXPECT_TRUE(edges.contains({4, 5}));      // the next job starts after its submit
}

TEST(BuildInstance, DurationsCountByCriticality) {
  InstanceOptions options;
  options.modes.durations = parse_duration_rules("hard=max+50,soft=p95", kDurationRules).value();
  EXPECT_EQ(options.modes.durations[1], kDurationRules[1]);
  const auto built = build_instance(one_task({10'000'000, 1}, millis(10)), {diamond_graph()},
                                    robot_soc(), diamond_costs(), options);
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_EQ(built->instance.operations[0].modes.front().duration, Nanos(8000 * 3 * 3 / 2));
  for (const char* wrong : {"hard", "hard=", "hard=p95+", "hard=p95-5", "hard=p95+x", "big=median",
                            "hard=median,,", "hard=p95+99999999999"}) {
    const auto rules = parse_duration_rules(wrong, kDurationRules);
    ASSERT_FALSE(rules.ok()) << wrong;
    EXPECT_THAT(rules.error().message, HasSubstr("hard=p95+10"));
  }
}

TEST(BuildInstance, JobsOfATaskRunInOrderWithoutSubmit) {
  const auto built =
      build_instance(one_task({50'000'000, 1}, millis(50)), {diamond_graph()}, robot_soc(),
                     diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_EQ(built->instance.jobs.size(), 1u);
  Workload two = one_task({50'000'000, 1}, millis(50));
  two.tasks.push_back({"slow", ModuleId(0u), {100'000'000, 1}, Nanos(0), millis(100)});
  const auto both = build_instance(two, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(both.ok()) << both.error().message;
  EXPECT_EQ(both->instance.jobs.size(), 3u);
  EXPECT_TRUE(edges_of(both->instance).contains({3, 4}));
  EXPECT_FALSE(edges_of(both->instance).contains({7, 8}));  // different tasks
}

TEST(BuildInstance, EveryEdgesAndLockStepChains) {
  Workload workload = one_task({10'000'000, 1}, millis(10));
  workload.tasks.push_back({"plan", ModuleId(0u), {10'000'000, 1}, Nanos(0), millis(10)});
  workload.tasks.push_back({"act", ModuleId(0u), {10'000'000, 1}, Nanos(0), millis(10)});
  workload.edges = {{TaskId(0u), TaskId(1u), DataEdge::Mode::kEvery}};
  workload.chains = {{"c", {TaskId(1u), TaskId(2u)}, millis(7)}};
  auto built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  auto edges = edges_of(built->instance);
  EXPECT_TRUE(edges.contains({3, 4}));
  EXPECT_TRUE(edges.contains({7, 8}));
  EXPECT_EQ(built->instance.jobs[1].deadline, millis(10));
  EXPECT_EQ(built->instance.jobs[2].deadline, millis(7));

  workload.edges.push_back({TaskId(1u), TaskId(2u), DataEdge::Mode::kLatest});
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_FALSE(edges_of(built->instance).contains({7, 8}));

  workload.edges = {{TaskId(1u), TaskId(0u), DataEdge::Mode::kEvery},
                    {TaskId(2u), TaskId(1u), DataEdge::Mode::kEvery}};
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.error().message, HasSubstr("waits for itself"));
}

TEST(BuildInstance, SporadicAndEventDrivenTasks) {
  Workload workload = one_task({10'000'000, 1}, millis(10));
  workload.tasks.push_back({"track", ModuleId(0u), {10'000'000, 1}, Nanos(0), millis(9)});
  workload.tasks[1].arrival = Arrival::kEvent;
  workload.tasks[1].on = TaskId(0u);
  workload.tasks[1].arrival_pct = 40;
  workload.tasks.push_back({"stop", ModuleId(0u), {20'000'000, 1}, millis(3), millis(5)});
  workload.tasks[2].arrival = Arrival::kSporadic;
  workload.tasks[2].overrun = Overrun::kAbort;
  const auto built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  const Instance& instance = built->instance;
  ASSERT_EQ(instance.jobs.size(), 5u);                   // in 20 ms; see, track, stop
  EXPECT_EQ(instance.jobs[4].release, millis(3));
  EXPECT_EQ(instance.tasks[1].arrival, Arrival::kEvent);
  EXPECT_EQ(instance.tasks[1].arrival_pct, 40);
  EXPECT_EQ(instance.tasks[2].overrun_policy(), Overrun::kAbort);
  EXPECT_EQ(instance.jobs[3].release, instance.jobs[1].release);
  EXPECT_EQ(instance.jobs[3].deadline, millis(19));      // from the release of what triggers it
  const auto edges = edges_of(instance);
  EXPECT_TRUE(edges.contains({3, 8}));                   // see#0 -> track#0
  EXPECT_TRUE(edges.contains({7, 12}));
}

TEST(BuildInstance, ABufferHoldsTheWriterBack) {
  Workload workload = one_task({5'000'000, 1}, millis(5));
  workload.tasks.push_back({"act", ModuleId(0u), {5'000'000, 1}, Nanos(0), millis(5)});
  workload.tasks.push_back({"slow", ModuleId(0u), {20'000'000, 1}, Nanos(0), millis(20)});
  workload.edges = {{TaskId(0u), TaskId(1u), DataEdge::Mode::kEvery, 2}};
  const auto built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  const auto edges = edges_of(built->instance);          // see: jobs 0 to 3, act: 4 to 7
  EXPECT_TRUE(edges.contains({4 * 4 + 3, 2 * 4}));       // act#0 -> see#2
  EXPECT_TRUE(edges.contains({5 * 4 + 3, 3 * 4}));
  EXPECT_FALSE(edges.contains({4 * 4 + 3, 1 * 4}));
}

TEST(BuildInstance, ASpanIsWhatItReleasesOnce) {
  Workload workload = one_task({3'001'001, 1}, millis(3));
  workload.tasks.push_back({"odd", ModuleId(0u), {7'000'000, 1}, millis(6), millis(7)});
  InstanceOptions options;
  options.span = millis(13);
  const auto built =
      build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs(), options);
  ASSERT_TRUE(built.ok()) << built.error().message;
  EXPECT_EQ(built->instance.horizon, Nanos::max());
  ASSERT_EQ(built->instance.jobs.size(), 6u);            // at 0, 3, 6, 9, 12 ms; 6 ms
  EXPECT_EQ(built->instance.jobs[4].release, Nanos(4 * 3'001'001));
  EXPECT_EQ(built->instance.jobs[5].release, millis(6));
}

TEST(BuildInstance, SitesLinksBytesAndBlocks) {
  Soc soc = robot_soc();
  soc.clusters[1].aligned = true;
  soc.links = {{ClusterId(0u), ClusterId(1u), Nanos(350), 9600}};
  Workload workload = one_task({10'000'000, 1}, millis(10));
  workload.tasks[0].weight = 3;
  workload.tasks[0].jitter = micros(5);
  const auto built = build_instance(workload, {diamond_graph()}, soc, diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  const Instance& instance = built->instance;
  EXPECT_EQ(instance.pools[1].site, 1u);
  EXPECT_EQ(instance.pools[2].site, 1u);   // the accelerator is where the cluster is
  EXPECT_TRUE(instance.pools[1].aligned);
  EXPECT_FALSE(instance.pools[0].aligned);
  EXPECT_EQ(transfer_time(instance, 0, 1, 9600), Nanos(1350));
  EXPECT_EQ(transfer_time(instance, 1, 0, 9600), Nanos(0));
  for (const Precedence& edge : instance.precedences)   // the anti dependency moves nothing
    EXPECT_EQ(edge.bytes, edge.after.value() < 3 ? 64 : 0);
  EXPECT_EQ(instance.tasks[0].weight, 3);
  EXPECT_EQ(instance.tasks[0].jitter_max, micros(5));
}

TEST(BuildInstance, CoRunningSlowsWhatLeavesCoresToOthers) {
  Soc soc = robot_soc();
  soc.clusters[0].corun_pct = 25;
  const auto call = build_call_instance("net", diamond_graph(), "main", soc, diamond_costs());
  ASSERT_TRUE(call.ok()) << call.error().message;
  const std::vector<Mode>& matmul = call->operations[0].modes;
  EXPECT_EQ(matmul[0].duration, Nanos(10000));
  EXPECT_EQ(matmul[1].duration, Nanos(5000));
  EXPECT_EQ(matmul[2].duration, Nanos(2000));   // it has all four cores
  EXPECT_EQ(matmul[3].duration, Nanos(20000));  // the other cluster
  EXPECT_EQ(matmul[5].duration, Nanos(700));
}

// see every 10 ms, complete by 8 ms; act every 5 ms: the job at 10 reads that of 0, the one at 15
// as well; those at 0 and 5 read what was seen before the window.
TEST(BuildInstance, RunsOfAChainOverTwoPeriods) {
  Workload workload = one_task({10'000'000, 1}, millis(8));
  workload.tasks.push_back({"act", ModuleId(0u), {5'000'000, 1}, Nanos(0), millis(5)});
  workload.tasks.push_back({"slow", ModuleId(0u), {20'000'000, 1}, Nanos(0), millis(20)});
  workload.chains = {{"c", {TaskId(0u), TaskId(1u)}, millis(20)},
                     {"never", {TaskId(2u), TaskId(0u)}, millis(20)}};
  const auto built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  ASSERT_EQ(built->instance.chains.size(), 1u);
  std::vector<std::pair<uint32_t, uint32_t>> runs;
  for (const ChainRun& run : built->instance.chains[0].runs)
    runs.emplace_back(built->instance.jobs[run.first.value()].index,
                      built->instance.jobs[run.last.value()].index);
  EXPECT_EQ(runs, (std::vector<std::pair<uint32_t, uint32_t>>{{0, 2}, {0, 3}}));
}

TEST(BuildInstance, RefusesWhatItCannotPlan) {
  CostTable no_fill;
  for (const auto& [key, stats] : diamond_costs())
    if (key.kernel_hash != "fill") no_fill.set(key, stats);
  auto built = build_instance(one_task({10'000'000, 1}, millis(10)), {diamond_graph()},
                              robot_soc(), no_fill);
  ASSERT_FALSE(built.ok());
  EXPECT_EQ(built.error().exit_code(), 2);
  EXPECT_THAT(built.error().message, HasSubstr("fill"));
  EXPECT_THAT(built.error().message, HasSubstr("core.big"));

  Workload workload = one_task({10'000'000, 1}, millis(10));
  workload.modules[0].function = "nothing";
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.error().message, HasSubstr("'nothing'"));

  workload.modules[0].function = "dynamic";
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_TRUE(built.ok()) << built.error().message;
  ASSERT_EQ(built->unplanned.size(), 1u);
  EXPECT_THAT(built->unplanned[0].reason, HasSubstr("dynamic"));
  EXPECT_TRUE(built->instance.operations.empty());

  workload = one_task({10'000'000, 1}, millis(10));
  workload.tasks.push_back({"fast", ModuleId(0u), {1'000'000, 1}, Nanos(0), millis(1)});
  workload.edges = {{TaskId(0u), TaskId(1u), DataEdge::Mode::kEvery}};
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs());
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.error().message, HasSubstr("different periods"));

  InstanceOptions small;
  small.max_operations = 30;
  workload.edges.clear();
  built = build_instance(workload, {diamond_graph()}, robot_soc(), diamond_costs(), small);
  ASSERT_FALSE(built.ok());
  EXPECT_THAT(built.error().message, HasSubstr("more than 30 operations"));
}

}  // namespace
}  // namespace takt
