// Random but valid model values for tests: the same seed gives the same value.
#pragma once

#include <algorithm>
#include <string>

#include "base/rng.h"
#include "model/dispatch_graph.h"
#include "model/instance.h"
#include "model/plan.h"
#include "model/soc.h"
#include "model/workload.h"

namespace takt {

inline std::string random_name(Rng& rng, const std::string& prefix, size_t index) {
  std::string name = prefix + std::to_string(index);
  name += '_';
  for (uint64_t i = rng.below(4); i-- > 0;) name += static_cast<char>('a' + rng.below(26));
  return name;
}

// Text with everything a JSON string must escape.
inline std::string random_text(Rng& rng) {
  static const char* const kPieces[] = {"a", "\"", "\\", "\n", "\t", "é", "/", "{", "]", " ", "0"};
  std::string text;
  for (uint64_t i = rng.below(8); i-- > 0;) text += kPieces[rng.below(std::size(kPieces))];
  return text;
}

inline GraphOp random_op(Rng& rng, const DispatchGraph& graph, const GraphFunction& function) {
  GraphOp op;
  const size_t index = function.ops.size();
  op.kind = graph.kernels.empty() ? OpKind::kFill : static_cast<OpKind>(rng.below(3));
  if (op.kind == OpKind::kDispatch) {
    op.kernel = KernelId(static_cast<uint32_t>(rng.below(graph.kernels.size())));
    for (uint32_t& count : op.workgroups) count = static_cast<uint32_t>(rng.between(1, 64));
  } else {
    op.bytes = rng.between(0, 1 << 20);
  }
  const GraphOp* last = index ? &function.ops.back() : nullptr;
  op.region = last ? std::min<uint32_t>(last->region + static_cast<uint32_t>(rng.below(2)),
                                        function.regions - 1)
                   : 0;
  op.position = last && last->region == op.region
                    ? last->position + 1 + static_cast<uint32_t>(rng.below(3))
                    : 0;
  op.wave = static_cast<uint32_t>(index / 2);
  for (uint64_t i = function.resources.empty() ? 0 : rng.below(4); i-- > 0;) {
    Access access;
    access.resource = static_cast<uint32_t>(rng.below(function.resources.size()));
    const int64_t size = function.resources[access.resource].size;
    access.range.offset = rng.between(0, size < 0 ? 1 << 20 : size);
    access.range.length = rng.between(0, size < 0 ? 1 << 20 : size - access.range.offset);
    access.reads = rng.below(2) != 0;
    access.writes = !access.reads || rng.below(2) != 0;
    access.exact = rng.below(2) != 0;
    op.accesses.push_back(access);
  }
  for (uint32_t before = 0; before < index; ++before)
    if (rng.below(3) == 0)
      op.deps.push_back({before, static_cast<DependencyKind>(rng.below(4)), rng.between(0, 4096)});
  return op;
}

inline DispatchGraph random_graph(Rng& rng) {
  DispatchGraph graph;
  graph.module_name = random_text(rng);
  graph.source = random_text(rng);
  graph.vmfb = "m.vmfb";
  graph.vmfb_hash = "00ff";
  graph.compiler_version = random_text(rng);
  graph.inputs_hash = random_text(rng);
  for (uint64_t i = rng.below(3); i-- > 0;) graph.flags.push_back(random_text(rng));
  for (uint64_t i = rng.below(4); i-- > 0;)
    graph.kernels.push_back({random_text(rng), random_text(rng), random_text(rng)});
  for (uint64_t f = 0, count = rng.below(3); f < count; ++f) {
    GraphFunction function;
    function.name = random_name(rng, "f", f);
    function.declaration = random_text(rng);
    function.plannable = rng.below(4) != 0;
    function.reason = function.plannable ? "" : "dynamic shapes";
    function.regions = static_cast<uint32_t>(rng.between(1, 3));
    for (uint64_t i = rng.below(4); i-- > 0;)
      function.resources.push_back({random_text(rng), rng.between(-1, 4096)});
    for (uint64_t i = rng.below(10); i-- > 0;)
      function.ops.push_back(random_op(rng, graph, function));
    graph.functions.push_back(std::move(function));
  }
  return graph;
}

inline Plan random_plan(Rng& rng) {
  Plan plan;
  plan.instance_hash = random_text(rng);
  plan.soc_name = random_text(rng);
  for (uint64_t i = 0, count = 1 + rng.below(5); i < count; ++i)
    plan.lanes.push_back(random_name(rng, "lane", i));
  plan.window = rng.below(2) ? Nanos::max() : Nanos(rng.between(1, 1'000'000'000));
  for (uint64_t i = 0, count = rng.below(3); i < count; ++i)
    plan.modules.push_back({random_name(rng, "m", i), random_text(rng), random_text(rng), "ab"});
  for (uint64_t i = 0, count = 1 + rng.below(3); i < count; ++i) {
    PlanTask task;
    task.name = random_name(rng, "t", i);
    if (!plan.modules.empty() && rng.below(4))
      task.module = ModuleId(static_cast<uint32_t>(rng.below(plan.modules.size())));
    task.function = random_text(rng);
    task.criticality = kCriticalities[rng.below(4)];
    task.priority = static_cast<int>(rng.between(-5, 5));
    if (rng.below(2)) task.period = {rng.between(1, 1 << 30), rng.between(1, 9)};
    task.phase = Nanos(rng.between(0, 1000));
    task.deadline = rng.below(3) ? Nanos(rng.between(1, 1 << 30)) : Nanos::max();
    task.jobs = static_cast<uint32_t>(rng.between(1, 4));
    plan.tasks.push_back(task);
  }
  for (uint64_t i = rng.below(20); i-- > 0;) {
    PlanOp op;
    op.task = TaskId(static_cast<uint32_t>(rng.below(plan.tasks.size())));
    op.job = static_cast<uint32_t>(rng.below(plan.tasks[op.task.value()].jobs));
    op.kind = rng.below(4) ? Operation::Kind::kGraphOp : Operation::Kind::kSubmit;
    op.graph_op = static_cast<uint32_t>(rng.below(100));
    op.kernel_hash = random_text(rng);
    op.start = Nanos(rng.between(0, 1 << 30));
    op.duration = Nanos(rng.between(1, 1 << 30));
    for (uint32_t lane = 0; lane < plan.lanes.size(); ++lane)
      if (rng.below(2) || (op.lanes.empty() && lane + 1 == plan.lanes.size()))
        op.lanes.push_back(LaneId(lane));
    op.variant = random_text(rng);
    plan.operations.push_back(std::move(op));
  }
  for (uint64_t i = 0, count = rng.below(4); i < count; ++i)
    plan.objective.push_back({random_name(rng, "level", i), rng.between(-9, 1 << 30),
                              rng.between(-9, 9),
                              static_cast<ObjectiveLevel::Proof>(rng.below(3))});
  plan.provenance = {random_text(rng), rng.next(), Nanos(rng.between(0, 1 << 30)),
                     random_text(rng), random_text(rng)};
  return plan;
}

inline Soc random_soc(Rng& rng) {
  Soc soc;
  soc.name = random_name(rng, "soc", 0);
  const bool on_host = rng.below(2) != 0;
  int next_cpu = 0;
  for (uint64_t i = 0, count = 1 + rng.below(4); i < count; ++i) {
    Cluster cluster;
    cluster.name = random_name(rng, "cluster", i);
    cluster.core_class = random_name(rng, "core.", rng.below(2));
    cluster.cores = static_cast<int>(rng.between(1, 5));
    for (int core = 0; on_host && core < cluster.cores; ++core)
      cluster.cpus.push_back(next_cpu += static_cast<int>(rng.between(1, 3)));
    for (int64_t khz = 0; rng.below(3);) cluster.speed_khz.push_back(khz += rng.between(1, 999999));
    cluster.aligned = rng.below(2) != 0;
    cluster.corun_pct = static_cast<int>(rng.between(0, 40));
    soc.clusters.push_back(std::move(cluster));
  }
  const auto random_cluster = [&] {
    return ClusterId(static_cast<uint32_t>(rng.below(soc.clusters.size())));
  };
  for (uint64_t i = 0, count = rng.below(3); i < count; ++i)
    soc.accelerators.push_back({random_name(rng, "npu", i), random_name(rng, "ip.", i),
                                random_cluster(), rng.below(2) != 0});
  for (uint32_t from = 0; from < soc.clusters.size(); ++from)
    for (uint32_t to = 0; to < soc.clusters.size(); ++to)
      if (from != to && rng.below(2))
        soc.links.push_back({ClusterId(from), ClusterId(to), Nanos(rng.between(0, 1 << 20)),
                             rng.between(1, 1 << 20)});
  if (rng.below(2)) soc.thermal.throttle_c = 1 + rng.unit() * 150;
  derive_lanes(soc);
  return soc;
}

inline Period random_period(Rng& rng) {
  if (rng.below(2)) return {rng.between(1'000, 1'000'000'000), 1};
  static const Period kOdd[] = {{100'000'000, 3}, {1'000'000'000, 7}, {1'000'000'007, 30}};
  return kOdd[rng.below(std::size(kOdd))];
}

// Of the first tasks, so that what triggers one is in it too.
inline MissionMode random_mode(Rng& rng, const Workload& workload, uint64_t index) {
  MissionMode mode{random_name(rng, "mode", index), {}, {}};
  for (uint64_t t = 0, count = 1 + rng.below(workload.tasks.size()); t < count; ++t) {
    mode.tasks.push_back(TaskId(t));
    if (workload.tasks[t].arrival != Arrival::kEvent && rng.below(3) == 0)
      mode.rates.push_back({TaskId(t), random_period(rng)});
  }
  return mode;
}

inline Workload random_workload(Rng& rng) {
  Workload workload;
  workload.name = random_name(rng, "w", 0);
  for (uint64_t i = 0, count = 1 + rng.below(3); i < count; ++i)
    workload.modules.push_back(
        {random_name(rng, "m", i), "/models/" + random_name(rng, "\"x'#: ", i), "main"});
  for (uint64_t i = 0, count = 1 + rng.below(5); i < count; ++i) {
    Task task;
    task.name = random_name(rng, "t", i);
    task.module = ModuleId(static_cast<uint32_t>(rng.below(workload.modules.size())));
    task.period = random_period(rng);
    task.phase = Nanos(rng.between(0, task.period.length().ns - 1));
    task.deadline = Nanos(rng.between(1, 1'000'000'000));
    task.criticality = kCriticalities[rng.below(4)];
    task.priority = static_cast<int>(rng.between(-5, 5));
    if (rng.below(2)) task.weight = rng.between(1, 9);
    if (rng.below(2)) task.jitter = Nanos(rng.between(0, 1'000'000));
    if (rng.below(2)) task.overrun = static_cast<Overrun>(rng.below(3));
    if (i > 0 && rng.below(4) == 0) {
      task.arrival = Arrival::kEvent;
      task.on = TaskId(rng.below(i));
      task.period = workload.tasks[task.on.value()].period;
      task.phase = workload.tasks[task.on.value()].phase;
    } else if (rng.below(4) == 0) {
      task.arrival = Arrival::kSporadic;
    }
    if (task.arrival != Arrival::kPeriodic && rng.below(2))
      task.arrival_pct = static_cast<int>(rng.between(0, 99));
    workload.tasks.push_back(task);
  }
  for (uint32_t from = 0; from < workload.tasks.size(); ++from)
    for (uint32_t to = from + 1; to < workload.tasks.size(); ++to) {
      if (rng.below(3) != 0) continue;
      DataEdge edge{TaskId(from), TaskId(to),
                    rng.below(2) ? DataEdge::Mode::kEvery : DataEdge::Mode::kLatest};
      if (rng.below(2) && edge.mode == DataEdge::Mode::kEvery)
        edge.buffer = static_cast<int>(rng.between(1, 5));
      if (rng.below(2) && edge.mode == DataEdge::Mode::kLatest)
        edge.staleness = Nanos(rng.between(1, 1 << 30));
      workload.edges.push_back(edge);
    }
  if (workload.tasks.size() >= 2 && rng.below(2))
    workload.chains.push_back({"chain", {TaskId(0u), TaskId(1u)}, Nanos(rng.between(1, 1 << 30))});
  if (rng.below(2)) workload.window = Nanos(rng.between(100'000, 1 << 30));
  if (rng.below(2)) workload.energy = Energy::kSave;
  for (int64_t i = 0; i < rng.between(0, 3); ++i)
    workload.throttling.push_back(
        {millis(i), random_name(rng, "cluster", 0), static_cast<uint32_t>(rng.between(1, 100))});
  for (uint64_t i = rng.below(3); i-- > 0;) workload.modes.push_back(random_mode(rng, workload, i));
  return workload;
}

inline Mode random_mode_of(Rng& rng, const Instance& instance) {
  Mode mode;
  const size_t pool = rng.below(instance.pools.size());
  const auto lanes = static_cast<int64_t>(instance.pools[pool].lanes.size());
  mode.demands.push_back({PoolId(pool), static_cast<int>(rng.between(1, lanes))});
  if (instance.pools.size() > 1 && rng.below(3) == 0)
    mode.demands.push_back({PoolId((pool + 1) % instance.pools.size()), 1});
  if (rng.below(3) == 0) mode.variant = random_text(rng);
  mode.duration = Nanos(rng.between(1, 1000));
  return mode;
}

inline void add_random_machine(Rng& rng, Instance& instance) {
  for (uint64_t p = 0, pools = 1 + rng.below(3); p < pools; ++p) {
    Pool pool{random_name(rng, "pool", p), {}, rng.below(2) != 0,
              static_cast<uint32_t>(rng.below(3))};
    for (uint64_t i = 1 + rng.below(4); i-- > 0;) {
      pool.lanes.push_back(LaneId(instance.lane_names.size()));
      instance.lane_names.push_back(random_name(rng, "lane", instance.lane_names.size()));
    }
    instance.pools.push_back(std::move(pool));
  }
  for (uint32_t from = 0; from < 3; ++from)
    for (uint32_t to = 0; to < 3; ++to)
      if (from != to && rng.below(2))
        instance.links.push_back({from, to, Nanos(rng.between(0, 100)), rng.between(1, 1000)});
  for (uint64_t i = rng.below(3); i-- > 0;) {
    const Nanos start(rng.between(0, 1000));
    instance.outages.push_back({LaneId(rng.below(instance.lane_names.size())), start,
                                rng.below(4) ? start + Nanos(rng.between(1, 1000))
                                             : Nanos::max()});
  }
}

inline void add_random_jobs(Rng& rng, Instance& instance) {
  for (uint64_t t = 0, tasks = 1 + rng.below(3); t < tasks; ++t) {
    InstanceTask task{random_name(rng, "t", t), ModuleId(), random_text(rng),
                      kCriticalities[rng.below(4)], static_cast<int>(rng.between(-5, 5)),
                      rng.between(1, 9), Nanos::max()};
    if (rng.below(2)) task.module = ModuleId(rng.below(3));
    if (rng.below(2)) task.jitter_max = Nanos(rng.between(0, 100));
    task.arrival = static_cast<Arrival>(rng.below(t > 0 ? 3 : 2));
    if (task.arrival == Arrival::kEvent) task.on = TaskId(rng.below(t));
    if (task.arrival != Arrival::kPeriodic) task.arrival_pct = static_cast<int>(rng.below(101));
    if (rng.below(2)) task.overrun = kOverruns[rng.below(3)];
    instance.tasks.push_back(std::move(task));
    for (uint32_t k = 0, jobs = static_cast<uint32_t>(rng.between(1, 3)); k < jobs; ++k) {
      const Nanos release(rng.between(0, 1000));
      const auto first = static_cast<uint32_t>(instance.operations.size());
      const auto count = static_cast<uint32_t>(rng.between(1, 4));
      for (uint32_t i = 0; i < count; ++i) {
        Operation op{rng.below(4) ? Operation::Kind::kGraphOp : Operation::Kind::kSubmit,
                     JobId(instance.jobs.size()), static_cast<uint32_t>(rng.below(9)),
                     random_text(rng), {}};
        for (uint64_t m = 1 + rng.below(3); m-- > 0;)
          op.modes.push_back(random_mode_of(rng, instance));
        instance.operations.push_back(std::move(op));
      }
      instance.jobs.push_back(
          {TaskId(t), k, release,
           rng.below(3) ? release + Nanos(rng.between(1, 1000)) : Nanos::max(), first, count});
    }
  }
}

// The first `count` operations, one after the other and as late as any transfer may take.
inline void commit_some(Rng& rng, Instance& instance) {
  Nanos start(rng.between(0, 100));
  for (uint32_t op = 0, count = static_cast<uint32_t>(rng.below(3));
       op < std::min<size_t>(count, instance.operations.size()); ++op) {
    Commitment done{OpId(op), start, 0, {}};
    const Mode& mode = instance.operations[op].modes[0];
    for (const Demand& demand : mode.demands)
      for (int i = 0; i < demand.count; ++i)
        done.lanes.push_back(
            instance.pools[demand.pool.value()].lanes[static_cast<size_t>(i)]);
    std::sort(done.lanes.begin(), done.lanes.end());
    start += mode.duration + Nanos(1 << 21);
    instance.commitments.push_back(std::move(done));
  }
  instance.not_before = Nanos(rng.between(0, 100));
}

// Passes check_instance, and uses every field sooner or later.
inline Instance random_whole_instance(Rng& rng) {
  Instance instance;
  instance.name = random_text(rng);
  add_random_machine(rng, instance);
  add_random_jobs(rng, instance);
  const auto ops = static_cast<uint32_t>(instance.operations.size());
  for (uint32_t before = 0; before < ops; ++before)
    for (uint32_t after = before + 1; after < ops; ++after)
      if (rng.below(6) == 0)
        instance.precedences.push_back(
            {OpId(before), OpId(after), Nanos(rng.between(0, 9)), rng.between(0, 1000)});
  for (uint64_t c = 0, chains = rng.below(3); c < chains; ++c) {
    InstanceChain chain{random_text(rng), Nanos(rng.between(1, 1000)), {}};
    for (uint64_t i = rng.below(3); i-- > 0;)
      chain.runs.push_back({JobId(rng.below(instance.jobs.size())),
                            JobId(rng.below(instance.jobs.size()))});
    instance.chains.push_back(std::move(chain));
  }
  std::vector<OpId> alike;   // operations with as many modes as the first
  for (uint32_t op = 0; op < ops; ++op)
    if (instance.operations[op].modes.size() == instance.operations[0].modes.size())
      alike.push_back(OpId(op));
  if (rng.below(2)) instance.mode_groups.push_back(std::move(alike));
  commit_some(rng, instance);
  if (rng.below(2)) instance.horizon = Nanos(rng.between(1, 1 << 30));
  return instance;
}

}  // namespace takt
