// Random periodic instances with a plan by a list scheduler, for tests: the same seed gives the
// same mission. Lanes are c0.0, c0.1, ... of cluster c0, c1.0, ... of c1, and "npu" of c0.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/rng.h"
#include "model/instance.h"
#include "model/plan.h"

namespace takt {

struct MissionShape {
  int pools = 2, lanes_per_pool = 2;
  bool accelerator = true;
  bool links = true;                   // data takes time between clusters
};

struct Mission {
  Instance instance;
  Plan plan;
};

class MissionMaker {
 public:
  MissionMaker(uint64_t seed, const MissionShape& shape) : rng_(seed), shape_(shape) {}

  Mission make() {
    add_pools();
    Mission mission;
    // Half the work until it fits.
    for (longest_us_ = 400;; longest_us_ /= 2) {
      CHECK(longest_us_ > 0);
      const Rng before = rng_;
      mission.instance = base_;
      add_jobs(mission.instance);
      if (make_plan(mission)) return mission;
      rng_ = before;
    }
  }

 private:
  void add_pools() {
    base_.name = "random mission";
    base_.horizon = millis(5);
    const auto pools = uint32_t(shape_.pools);
    for (uint32_t p = 0; p < pools; ++p) {
      base_.pools.push_back({"c" + std::to_string(p), {}, false, p});
      for (int i = 0; i < shape_.lanes_per_pool; ++i) add_lane("c" + std::to_string(p) + "." +
                                                              std::to_string(i), p);
    }
    for (uint32_t from = 0; from < pools; ++from)
      for (uint32_t to = 0; to < pools; ++to)
        if (from != to && shape_.links) base_.links.push_back({from, to, Nanos(350), 1000});
    if (!shape_.accelerator) return;
    base_.pools.push_back({"npu", {}, false, 0});
    add_lane("npu", pools);
  }

  void add_lane(const std::string& name, uint32_t pool) {
    base_.pools[pool].lanes.push_back(LaneId(base_.lane_names.size()));
    base_.lane_names.push_back(name);
  }

  void add_jobs(Instance& instance) {
    const uint64_t tasks = 1 + rng_.below(4);
    for (uint32_t t = 0; t < tasks; ++t) {
      instance.tasks.push_back({"t" + std::to_string(t), ModuleId(0u), "main",
                                Criticality(rng_.below(4)), int(rng_.below(3))});
      const int64_t jobs = rng_.between(1, 4);
      const Nanos period = instance.horizon / jobs;
      const Nanos phase(rng_.between(0, period.ns / 10));
      const Nanos deadline = rng_.below(8) == 0 ? Nanos::max() : period * rng_.between(3, 9) / 10;
      const std::vector<Operation> body = make_body();
      std::vector<std::pair<uint32_t, uint32_t>> edges;
      for (uint32_t after = 1; after < body.size(); ++after)
        for (uint32_t before = 0; before < after; ++before)
          if (rng_.below(3) == 0 || (body[after].kind == Operation::Kind::kSubmit))
            edges.emplace_back(before, after);
      for (int64_t k = 0; k < jobs; ++k) {
        const Nanos release = phase + period * k;
        const auto first = uint32_t(instance.operations.size());
        instance.jobs.push_back({TaskId(t), uint32_t(k), release,
                                 deadline == Nanos::max() ? deadline : release + deadline, first,
                                 uint32_t(body.size())});
        for (Operation op : body) {
          op.job = JobId(instance.jobs.size() - 1);
          instance.operations.push_back(std::move(op));
        }
        for (const auto& [before, after] : edges)
          instance.precedences.push_back({OpId(first + before), OpId(first + after),
                                          Nanos(rng_.below(4) == 0 ? rng_.between(1, 900) : 0),
                                          rng_.between(0, 4000)});
      }
    }
    add_cross_edges(instance);
  }

  // Between jobs of different tasks, from one that is released to a later one.
  void add_cross_edges(Instance& instance) {
    for (const Job& before : instance.jobs)
      for (const Job& after : instance.jobs)
        if (before.task < after.task && before.release <= after.release && rng_.below(6) == 0)
          instance.precedences.push_back({OpId(before.first_op + uint32_t(rng_.below(
                                              before.op_count))),
                                          OpId(after.first_op + uint32_t(rng_.below(
                                              after.op_count))),
                                          Nanos(0), 64});
  }

  std::vector<Operation> make_body() {
    std::vector<Operation> body(1 + rng_.below(8));
    for (uint32_t i = 0; i < body.size(); ++i) {
      body[i].graph_op = i;
      body[i].kernel_hash = "k" + std::to_string(rng_.below(5));
      body[i].modes = make_modes();
    }
    if (body.size() > 1 && rng_.below(4) == 0) {
      body.back().kind = Operation::Kind::kSubmit;
      body.back().graph_op = 0;
      body.back().modes = {{{{PoolId(0u), 1}}, "default", micros(rng_.between(1, 20))}};
    }
    return body;
  }

  std::vector<Mode> make_modes() {
    std::vector<Mode> modes;
    const auto cores = uint32_t(shape_.pools);
    const Nanos alone(rng_.between(500, longest_us_ * 1000));
    const uint64_t only = rng_.below(2 * cores);
    for (uint32_t p = 0; p < cores; ++p) {
      if (only < cores && p != only) continue;
      for (int width = 1; width <= shape_.lanes_per_pool; ++width)
        if (width == 1 || rng_.below(2))
          modes.push_back({{{PoolId(p), width}}, "default",
                           alone * (10 + 5 * p) / (9 * width + 1)});
    }
    if (shape_.accelerator && rng_.below(3) == 0)
      modes.push_back({{{PoolId(0u), 1}, {PoolId(cores), 1}}, "npu", alone / 5 + Nanos(1)});
    return modes;
  }

  // Jobs in the order of their release, operations as they stand, each in a random mode as soon
  // as inputs and lanes allow. False: it does not fit.
  bool make_plan(Mission& mission) {
    const Instance& instance = mission.instance;
    Plan& plan = mission.plan;
    plan = {};
    plan.instance_hash = instance.hash();
    plan.lanes = instance.lane_names;
    plan.window = instance.horizon;
    for (const InstanceTask& task : instance.tasks)
      plan.tasks.push_back({task.name, task.module, task.function, task.criticality,
                            task.priority, Period{}, Nanos(0), Nanos::max(), 0});
    for (const Job& job : instance.jobs) {
      ++plan.tasks[job.task.value()].jobs;
      if (job.index == 0) plan.tasks[job.task.value()].phase = job.release;
    }
    plan.operations.resize(instance.operations.size());
    std::vector<uint32_t> jobs(instance.jobs.size());
    for (uint32_t j = 0; j < jobs.size(); ++j) jobs[j] = j;
    std::stable_sort(jobs.begin(), jobs.end(), [&](uint32_t a, uint32_t b) {
      const Job &x = instance.jobs[a], &y = instance.jobs[b];
      return std::pair(x.release, x.task) < std::pair(y.release, y.task);
    });
    std::vector<Nanos> lane_free(instance.lane_names.size()), task_free(instance.tasks.size());
    for (const uint32_t j : jobs)
      if (!plan_job(instance, instance.jobs[j], lane_free, task_free, plan)) return false;
    return true;
  }

  bool plan_job(const Instance& instance, const Job& job, std::vector<Nanos>& lane_free,
                std::vector<Nanos>& task_free, Plan& plan) {
    Nanos end = task_free[job.task.value()];
    for (uint32_t i = job.first_op; i < job.first_op + job.op_count; ++i) {
      const Operation& op = instance.operations[i];
      const Mode& mode = op.modes[rng_.below(op.modes.size())];
      PlanOp& out = plan.operations[i];
      out.task = job.task;
      out.job = job.index;
      out.kind = op.kind;
      out.graph_op = op.graph_op;
      out.kernel_hash = op.kernel_hash;
      out.duration = mode.duration;
      out.variant = mode.variant;
      out.start = std::max(job.release, task_free[job.task.value()]);
      for (const Demand& demand : mode.demands) take_lanes(instance, demand, lane_free, out);
      std::sort(out.lanes.begin(), out.lanes.end());
      for (const LaneId lane : out.lanes)
        out.start = std::max(out.start, lane_free[lane.value()]);
      for (const Precedence& edge : instance.precedences)
        if (edge.after == OpId(i)) {
          const PlanOp& before = plan.operations[edge.before.value()];
          out.start = std::max(
              out.start, before.end() + edge.delay +
                             transfer_time(instance, site_of(instance, before),
                                           site_of(instance, out), edge.bytes));
        }
      for (const LaneId lane : out.lanes) lane_free[lane.value()] = out.end();
      end = std::max(end, out.end());
      if (out.end() > instance.horizon) return false;
    }
    task_free[job.task.value()] = end;
    return true;
  }

  static void take_lanes(const Instance& instance, const Demand& demand,
                         const std::vector<Nanos>& lane_free, PlanOp& out) {
    std::vector<LaneId> lanes = instance.pools[demand.pool.value()].lanes;
    std::stable_sort(lanes.begin(), lanes.end(), [&](LaneId a, LaneId b) {
      return lane_free[a.value()] < lane_free[b.value()];
    });
    out.lanes.insert(out.lanes.end(), lanes.begin(), lanes.begin() + demand.count);
  }

  static uint32_t site_of(const Instance& instance, const PlanOp& op) {
    for (const Pool& pool : instance.pools)
      if (std::find(pool.lanes.begin(), pool.lanes.end(), op.lanes.front()) != pool.lanes.end())
        return pool.site;
    return 0;
  }

  Rng rng_;
  MissionShape shape_;
  Instance base_;
  int64_t longest_us_ = 0;
};

inline Mission random_mission(uint64_t seed, const MissionShape& shape = {}) {
  return MissionMaker(seed, shape).make();
}

}  // namespace takt
