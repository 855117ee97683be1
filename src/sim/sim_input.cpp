#include "sim/sim_input.h"

#include <algorithm>
#include <climits>
#include <map>
#include <tuple>

#include "base/check.h"
#include "dispatch/planner.h"

namespace takt {
namespace {

// Without counted tiles an operation is taken to be made of pieces this long (a workgroup of the
// example networks takes 5 to 50 us).
constexpr Nanos kTile = micros(20);
constexpr uint32_t kTilesMax = 256;

class InputBuilder {
 public:
  InputBuilder(const Instance& instance, const Plan* plan, const SimInputOptions& options)
      : instance_(instance), plan_(plan), options_(options) {}

  Result<SimInput> build() {
    TAKT_TRY(add_pools());
    add_tasks();
    add_operations();
    TAKT_TRY(check_triggers());
    if (options_.planner_slices > 0) add_planner();
    TAKT_TRY(add_edges());
    find_remaining();
    if (plan_) TAKT_TRY(add_plan());
    return std::move(input_);
  }

 private:
  Error wrong(const std::string& what) const {
    return bad_input("instance '" + instance_.name + "': " + what);
  }

  Status add_pools() {
    const size_t lanes = instance_.lane_names.size();
    if (lanes > LaneMask::kMaxLanes)
      return wrong("has " + std::to_string(lanes) + " lanes; the simulator takes up to " +
                   std::to_string(LaneMask::kMaxLanes));
    input_.lane_names = instance_.lane_names;
    input_.window = instance_.horizon;
    input_.pool_of.assign(lanes, 0);
    input_.pools.resize(instance_.pools.size());
    for (uint32_t p = 0; p < input_.pools.size(); ++p) {
      input_.pools[p].name = instance_.pools[p].name;
      input_.pools[p].site = instance_.pools[p].site;
      input_.sites = std::max(input_.sites, instance_.pools[p].site + 1);
      for (const LaneId lane : instance_.pools[p].lanes) {
        input_.pools[p].lanes.push_back(lane.value());
        input_.pool_of[lane.value()] = p;
      }
    }
    for (const Operation& op : instance_.operations)
      for (const Mode& mode : op.modes) {
        const uint32_t first = mode.demands[0].pool.value();
        if (mode.demands.size() == 1) {
          input_.widths = std::max(input_.widths, uint32_t(mode.demands[0].count));
        } else if (mode.demands.size() != 2 || mode.demands[0].count != 1 ||
                   mode.demands[1].count != 1) {
          return wrong("kernel '" + op.kernel_hash + "' has a mode of several pools; the " +
                       "simulator knows cores of one pool, and one core with one accelerator");
        }
        input_.pools[first].cores = true;
        if (mode.demands.size() == 2)
          input_.pools[mode.demands[1].pool.value()].accelerator = true;
      }
    for (const SimPool& pool : input_.pools) {
      if (pool.cores && pool.accelerator)
        return wrong("pool '" + pool.name + "' runs some kernels alone and others with a core");
      for (const uint32_t lane : pool.lanes)
        if (pool.cores) input_.cores.add(lane);
    }
    return {};
  }

  void add_tasks() {
    for (const InstanceTask& task : instance_.tasks)
      input_.tasks.push_back({task.name, task.criticality, task.priority, task.arrival,
                              task.on.valid() ? task.on.value() : SimOp::kNone, task.arrival_pct,
                              task.overrun_policy(), instance_.horizon, {}, {}});
    for (uint32_t j = 0; j < instance_.jobs.size(); ++j) {
      const Job& job = instance_.jobs[j];
      SimTask& task = input_.tasks[job.task.value()];
      if (!task.jobs.empty())
        task.separation =
            std::min(task.separation, job.release - instance_.jobs[task.jobs.back()].release);
      const auto index = uint32_t(task.jobs.size());
      task.jobs.push_back(j);
      input_.jobs.push_back({job.task.value(), job.release, job.deadline, job.first_op,
                             job.op_count, job.op_count, index});
    }
  }

  Status check_triggers() const {
    for (const SimTask& task : input_.tasks)
      if (task.on != SimOp::kNone && task.jobs.size() != input_.tasks[task.on].jobs.size())
        return wrong("task '" + task.name + "' has not as many jobs as '" +
                     input_.tasks[task.on].name + "', which triggers it");
    return {};
  }

  void add_operations() {
    std::map<std::string, uint32_t> kernels;
    input_.durations.assign(instance_.operations.size() * input_.pools.size() * input_.widths, 0);
    for (uint32_t i = 0; i < instance_.operations.size(); ++i) {
      const Operation& op = instance_.operations[i];
      SimOp& out = input_.ops.emplace_back();
      out.job = op.job.value();
      out.graph_op = op.graph_op;
      out.kernel = kernels.emplace(op.kernel_hash, uint32_t(kernels.size() + 1)).first->second;
      out.submit = op.kind == Operation::Kind::kSubmit;
      if (out.submit) --input_.jobs[out.job].graph_ops;
      add_modes(op, i);
    }
  }

  // A chain of slices; none takes long, so that nothing waits for long.
  void add_planner() {
    input_.planner = uint32_t(input_.tasks.size());
    const auto job = uint32_t(input_.jobs.size()), first = uint32_t(input_.ops.size());
    SimTask& task = input_.tasks.emplace_back();
    task.name = kPlannerTask;
    task.criticality = Criticality::kSoft;
    task.priority = INT_MAX;
    task.jobs = {job};
    task.on_demand = true;
    input_.jobs.push_back({input_.planner, Nanos(0), Nanos::max(), first, options_.planner_slices,
                           options_.planner_slices, 0});
    const std::vector<int64_t> slower_pct = slowness();
    for (uint32_t i = 0; i < options_.planner_slices; ++i) {
      SimOp& op = input_.ops.emplace_back();
      op.job = job;
      op.graph_op = i;
      op.lanes = input_.cores;
      for (uint32_t p = 0; p < input_.pools.size(); ++p)
        input_.durations.insert(
            input_.durations.end(), input_.widths,
            input_.pools[p].cores ? options_.planner_slice.ns * slower_pct[p] / 100 : 0);
    }
  }

  // How long work takes in each pool, per cent of where it is fastest; on average over the
  // operations that run in all of them.
  std::vector<int64_t> slowness() {
    std::vector<int64_t> sums(input_.pools.size(), 0);
    for (uint32_t i = 0; i < input_.ops.size(); ++i) {
      bool everywhere = true;
      for (uint32_t p = 0; p < input_.pools.size(); ++p)
        everywhere = everywhere && (!input_.pools[p].cores || row(i, p)[0] > 0);
      for (uint32_t p = 0; everywhere && p < input_.pools.size(); ++p) sums[p] += row(i, p)[0];
    }
    int64_t least = INT64_MAX;
    for (uint32_t p = 0; p < input_.pools.size(); ++p)
      if (input_.pools[p].cores && sums[p] > 0) least = std::min(least, sums[p]);
    for (int64_t& sum : sums) sum = sum > 0 ? std::max<int64_t>(sum * 100 / least, 100) : 100;
    return sums;
  }

  // Of several variants on the same lanes the fastest.
  void add_modes(const Operation& op, uint32_t index) {
    SimOp& out = input_.ops[index];
    for (const Mode& mode : op.modes) {
      const uint32_t first = mode.demands[0].pool.value();
      for (const uint32_t lane : input_.pools[first].lanes) out.lanes.add(lane);
      if (mode.demands.size() == 2) {
        if (out.accelerator == SimOp::kNone || mode.duration < out.accelerator_duration) {
          out.accelerator = mode.demands[1].pool.value();
          out.accelerator_duration = mode.duration;
        }
        continue;
      }
      const auto width = uint32_t(mode.demands[0].count);
      out.widest = std::max(out.widest, width);
      int64_t& known = row(index, first)[width - 1];
      if (known == 0 || mode.duration.ns < known) known = mode.duration.ns;
    }
    int64_t slowest = 0;
    for (uint32_t p = 0; p < input_.pools.size(); ++p) slowest = std::max(slowest, fill(index, p));
    out.tiles = tiles_of(index, out.widest, Nanos(slowest));
  }

  int64_t* row(uint32_t op, uint32_t pool) {
    return &input_.durations[(size_t{op} * input_.pools.size() + pool) * input_.widths];
  }

  // Durations of the widths that have no mode; that of one lane.
  int64_t fill(uint32_t op, uint32_t pool) {
    int64_t* durations = row(op, pool);
    uint32_t narrowest = 0;
    while (narrowest < input_.widths && durations[narrowest] == 0) ++narrowest;
    if (narrowest == input_.widths) return 0;
    for (uint32_t w = 0; w < narrowest; ++w)
      durations[w] = durations[narrowest] * (narrowest + 1) / (w + 1);
    for (uint32_t w = narrowest + 1; w < input_.widths; ++w)
      if (durations[w] == 0) durations[w] = durations[w - 1];
    return durations[0];
  }

  uint32_t tiles_of(uint32_t op, uint32_t widest, Nanos alone) const {
    if (op < options_.tiles.size()) return std::max(options_.tiles[op], 1u);
    if (widest == 1) return 1;
    return std::max(widest, uint32_t(std::clamp<int64_t>(alone / kTile, 1, kTilesMax)));
  }

  uint32_t transfer_of(int64_t bytes) {
    if (input_.sites == 1) return SimOp::kNone;
    const auto [found, added] =
        transfer_of_bytes_.emplace(bytes, uint32_t(transfer_of_bytes_.size()));
    if (added)
      for (uint32_t from = 0; from < input_.sites; ++from)
        for (uint32_t to = 0; to < input_.sites; ++to)
          input_.transfers.push_back(transfer_time(instance_, from, to, bytes).ns);
    return found->second;
  }

  Status add_edges() {
    const size_t count = input_.ops.size();
    std::vector<std::vector<SimEdge>> out(count), crosses(count);
    for (const Precedence& edge : instance_.precedences) {
      const uint32_t before = edge.before.value(), after = edge.after.value();
      SimEdge made{after, SimOp::kNone, edge.delay, transfer_of(edge.bytes)};
      if (input_.ops[before].job == input_.ops[after].job) {
        ++input_.ops[after].inputs;
      } else {
        made.cross = uint32_t(crosses[after].size());   // counted from the operation's first
        crosses[after].push_back({before, made.cross, made.delay, made.transfer});
      }
      out[before].push_back(made);
    }
    if (input_.planner != SimOp::kNone) {
      const SimJob& slices = input_.jobs.back();
      for (uint32_t i = slices.first_op + 1; i < slices.first_op + slices.op_count; ++i) {
        ++input_.ops[i].inputs;
        out[i - 1].push_back({i, SimOp::kNone, Nanos(0), SimOp::kNone});
      }
    }
    for (uint32_t i = 0; i < count; ++i) {
      input_.ops[i].first_cross = uint32_t(input_.crosses.size());
      input_.ops[i].crosses = uint32_t(crosses[i].size());
      input_.crosses.insert(input_.crosses.end(), crosses[i].begin(), crosses[i].end());
    }
    for (uint32_t i = 0; i < count; ++i) {
      input_.ops[i].first_edge = uint32_t(input_.edges.size());
      input_.ops[i].edges = uint32_t(out[i].size());
      for (SimEdge& edge : out[i]) {
        if (edge.cross != SimOp::kNone) edge.cross += input_.ops[edge.op].first_cross;
        input_.edges.push_back(edge);
      }
    }
    return check_order_of_jobs();
  }

  // Jobs in an order that all precedences and the order within tasks allow exist, or the
  // simulation would stand still.
  Status check_order_of_jobs() {
    const size_t count = input_.ops.size(), jobs = input_.jobs.size();
    // Nodes: operations, then one "starts" per job that its operations wait for and that waits
    // for all operations of the job before.
    std::vector<uint32_t> waits(count + jobs, 0), ready, next_of(jobs, SimOp::kNone);
    for (const SimTask& task : input_.tasks)
      for (size_t k = 1; k < task.jobs.size(); ++k) {
        next_of[task.jobs[k - 1]] = task.jobs[k];
        waits[count + task.jobs[k]] = input_.jobs[task.jobs[k - 1]].op_count;
      }
    for (uint32_t i = 0; i < count; ++i)
      waits[i] = 1 + input_.ops[i].inputs + input_.ops[i].crosses;
    for (uint32_t j = 0; j < jobs; ++j)
      if (waits[count + j] == 0) ready.push_back(uint32_t(count + j));
    const auto done = [&](uint32_t node) {
      if (--waits[node] == 0) ready.push_back(node);
    };
    size_t finished = 0;
    for (; finished < ready.size(); ++finished) {
      const uint32_t node = ready[finished];
      if (node >= count) {
        const SimJob& job = input_.jobs[node - count];
        for (uint32_t i = 0; i < job.op_count; ++i) done(job.first_op + i);
      } else {
        const SimOp& op = input_.ops[node];
        for (uint32_t e = 0; e < op.edges; ++e) done(input_.edges[op.first_edge + e].op);
        if (next_of[op.job] != SimOp::kNone) done(uint32_t(count + next_of[op.job]));
      }
    }
    if (finished == count + jobs) return {};
    return wrong("a job waits for a later job of its own task: jobs of one task run in order");
  }

  void find_remaining() {
    // Operations of a job may be in any order: relax until nothing changes, backwards as most
    // instances number them forwards.
    for (const SimJob& job : input_.jobs) {
      for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t i = job.op_count; i-- > 0;) {
          SimOp& op = input_.ops[job.first_op + i];
          Nanos after(0);
          for (uint32_t e = 0; e < op.edges; ++e) {
            const SimEdge& edge = input_.edges[op.first_edge + e];
            const SimOp& next = input_.ops[edge.op];
            if (next.job == op.job && !next.submit)
              after = std::max(after, edge.delay + next.remaining);
          }
          const Nanos least = op.submit ? Nanos(0) : after + fastest(job.first_op + i);
          changed |= least != op.remaining;
          op.remaining = least;
        }
      }
    }
  }

  Nanos fastest(uint32_t index) {
    const SimOp& op = input_.ops[index];
    Nanos least = op.accelerator == SimOp::kNone ? Nanos::max() : op.accelerator_duration;
    for (uint32_t p = 0; p < input_.pools.size(); ++p)
      for (uint32_t w = 0; w < input_.widths; ++w)
        if (row(index, p)[w] > 0) least = std::min(least, Nanos(row(index, p)[w]));
    return least;
  }

  Status add_plan() {
    if (plan_->lanes != instance_.lane_names)
      return wrong("the plan is for other lanes than the instance's; plan again");
    std::map<std::tuple<std::string, uint32_t, bool, uint32_t>, uint32_t> ops;
    for (uint32_t i = 0; i < instance_.operations.size(); ++i) {
      const Job& job = instance_.jobs[input_.ops[i].job];
      ops[{instance_.tasks[job.task.value()].name, job.index, input_.ops[i].submit,
           input_.ops[i].graph_op}] = i;
    }
    for (const PlanOp& planned : plan_->operations) {
      const std::string& task = plan_->tasks[planned.task.value()].name;
      const auto found = ops.find({task, planned.job, planned.kind == Operation::Kind::kSubmit,
                                   planned.graph_op});
      if (found == ops.end())
        return wrong("the plan has operation " + std::to_string(planned.graph_op) + " of job " +
                     std::to_string(planned.job) + " of task '" + task +
                     "', the instance has not; plan again");
      SimOp& op = input_.ops[found->second];
      op.planned = true;
      op.start = planned.start;
      op.duration = planned.duration;
      for (const LaneId lane : planned.lanes) {
        if (input_.cores.has(lane.value())) op.planned_lanes.add(lane.value());
        else op.unit = Unit::kAccelerator;
      }
    }
    return {};
  }

  const Instance& instance_;
  const Plan* plan_;
  const SimInputOptions& options_;
  SimInput input_;
  std::map<int64_t, uint32_t> transfer_of_bytes_;
};

}  // namespace

Result<SimInput> make_sim_input(const Instance& instance, const Plan* plan,
                                const SimInputOptions& options) {
  return InputBuilder(instance, plan, options).build();
}

}  // namespace takt
