#include "solve/build_instance.h"

#include <algorithm>
#include <optional>

#include "base/int128.h"
#include "solve/chain_runs.h"

namespace takt {
namespace {

// One function with the modes of its operations: computed once per task, copied into
// every job.
struct Template {
  std::vector<Operation> operations;     // job ids not set; kSubmit last when there is one
  std::vector<Precedence> precedences;   // ids relative to the job's first operation
  std::vector<uint32_t> sources, sinks;  // of the graph operations
  bool has_submit = false;
};

struct Extent {
  uint32_t begin = 0, end = 0;
};

// Operations of [extent) without a predecessor (or successor) in it.
std::vector<uint32_t> ends_of(const GraphFunction& function, Extent extent, bool sources) {
  std::vector<char> inner(function.ops.size(), 0);
  for (uint32_t i = extent.begin; i < extent.end; ++i)
    for (const Dependency& dep : function.ops[i].deps)
      if (dep.op >= extent.begin) inner[sources ? i : dep.op] = 1;
  std::vector<uint32_t> result;
  for (uint32_t i = extent.begin; i < extent.end; ++i)
    if (!inner[i]) result.push_back(i);
  return result;
}

std::vector<Extent> regions_of(const GraphFunction& function) {
  std::vector<Extent> regions;
  for (uint32_t i = 0; i < function.ops.size(); ++i) {
    if (i == 0 || function.ops[i].region != function.ops[i - 1].region) regions.push_back({i, i});
    regions.back().end = i + 1;
  }
  return regions;
}

void add_graph_precedences(const GraphFunction& function, Template& out) {
  for (uint32_t i = 0; i < function.ops.size(); ++i) {
    std::optional<uint32_t> last;        // deps are sorted by op; one edge per pair
    for (const Dependency& dep : function.ops[i].deps) {
      if (dep.op != last) out.precedences.push_back({OpId(dep.op), OpId(i), Nanos(0)});
      last = dep.op;
      // Only a true dependency moves data; the others only order.
      if (dep.kind == DependencyKind::kTrue) out.precedences.back().bytes += dep.bytes;
    }
  }
  const std::vector<Extent> regions = regions_of(function);
  for (size_t r = 1; r < regions.size(); ++r)
    for (const uint32_t before : ends_of(function, regions[r - 1], false))
      for (const uint32_t after : ends_of(function, regions[r], true))
        out.precedences.push_back({OpId(before), OpId(after), Nanos(0)});
  if (regions.empty()) return;
  out.sources = ends_of(function, regions.front(), true);
  out.sinks = ends_of(function, regions.back(), false);
}

Result<Template> make_template(const DispatchGraph& graph, const GraphFunction& function,
                               const Soc& soc, const CostTable& costs, const DurationRule& rule,
                               const ModeOptions& options) {
  Template out;
  for (uint32_t i = 0; i < function.ops.size(); ++i) {
    const GraphOp& op = function.ops[i];
    Operation operation;
    operation.graph_op = i;
    operation.kernel_hash = cost_subject(graph, op).kernel_hash;
    TAKT_ASSIGN(operation.modes, modes_of(graph, op, soc, costs, rule, options));
    out.operations.push_back(std::move(operation));
  }
  add_graph_precedences(function, out);
  return out;
}

void add_submit(const std::string& module, const std::string& function, const Soc& soc,
                const CostTable& costs, Template& out) {
  Operation submit;
  submit.kind = Operation::Kind::kSubmit;
  submit.kernel_hash = "submit";
  submit.modes = submit_modes(module, function, soc, costs);
  if (submit.modes.empty()) return;
  const OpId id(out.operations.size());
  for (const uint32_t sink : out.sinks) out.precedences.push_back({OpId(sink), id, Nanos(0)});
  out.operations.push_back(std::move(submit));
  out.has_submit = true;
}

OpId in_job(const Job& job, uint32_t relative) { return OpId(job.first_op + relative); }

void add_job(const Template& body, Job job, Instance& instance) {
  job.first_op = static_cast<uint32_t>(instance.operations.size());
  job.op_count = static_cast<uint32_t>(body.operations.size());
  for (Operation operation : body.operations) {
    operation.job = JobId(instance.jobs.size());
    instance.operations.push_back(std::move(operation));
  }
  for (const Precedence& edge : body.precedences)
    instance.precedences.push_back(
        {in_job(job, edge.before.value()), in_job(job, edge.after.value()), edge.delay,
         edge.bytes});
  instance.jobs.push_back(job);
}

void order_after(const Template& first, const Job& before, const Template& second,
                 const Job& after, Instance& instance) {
  for (const uint32_t sink : first.sinks)
    for (const uint32_t source : second.sources)
      instance.precedences.push_back({in_job(before, sink), in_job(after, source), Nanos(0)});
}

// Jobs of one task in order; through the submit of the earlier one when it has one.
void order_jobs_of_task(const Template& body, const std::vector<JobId>& jobs, Instance& instance) {
  for (size_t k = 1; k < jobs.size(); ++k) {
    const Job& before = instance.jobs[jobs[k - 1].value()];
    const Job& after = instance.jobs[jobs[k].value()];
    if (!body.has_submit) {
      order_after(body, before, body, after, instance);
      continue;
    }
    for (const uint32_t source : body.sources)
      instance.precedences.push_back(
          {in_job(before, before.op_count - 1), in_job(after, source), Nanos(0)});
  }
}

// The pairs of tasks whose jobs k are ordered: triggers, `every` edges, synchronous chain links.
Result<std::vector<std::pair<TaskId, TaskId>>> ordered_pairs(const Workload& workload) {
  std::vector<std::pair<TaskId, TaskId>> pairs, latest;
  for (uint32_t t = 0; t < workload.tasks.size(); ++t)
    if (workload.tasks[t].arrival == Arrival::kEvent)
      pairs.emplace_back(workload.tasks[t].on, TaskId(t));
  for (const DataEdge& edge : workload.edges) {
    if (edge.mode == DataEdge::Mode::kLatest) {
      latest.emplace_back(edge.from, edge.to);
      continue;
    }
    const Task& from = workload.tasks[edge.from.value()];
    const Task& to = workload.tasks[edge.to.value()];
    if (!(from.period == to.period))
      return bad_input("workload '" + workload.name + "': data edge '" + from.name + "' -> '" +
                       to.name + "' is 'every', but the tasks have different periods; give them " +
                       "one period or make the edge 'latest'");
    pairs.emplace_back(edge.from, edge.to);
  }
  for (const Chain& chain : workload.chains)
    for (size_t i = 1; i < chain.tasks.size(); ++i) {
      const std::pair<TaskId, TaskId> link(chain.tasks[i - 1], chain.tasks[i]);
      const bool same = workload.tasks[link.first.value()].period ==
                        workload.tasks[link.second.value()].period;
      if (same && std::find(latest.begin(), latest.end(), link) == latest.end())
        pairs.push_back(link);
    }
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  return pairs;
}

// Fails when the pairs form a cycle, naming a task on it.
Status check_acyclic(const Workload& workload,
                     const std::vector<std::pair<TaskId, TaskId>>& pairs) {
  std::vector<int> incoming(workload.tasks.size(), 0);
  for (const auto& [from, to] : pairs) ++incoming[to.value()];
  std::vector<uint32_t> ready;
  for (uint32_t i = 0; i < incoming.size(); ++i)
    if (incoming[i] == 0) ready.push_back(i);
  for (size_t done = 0; done < ready.size(); ++done)
    for (const auto& [from, to] : pairs)
      if (from.value() == ready[done] && --incoming[to.value()] == 0) ready.push_back(to.value());
  if (ready.size() == workload.tasks.size()) return {};
  const auto stuck = std::find_if(incoming.begin(), incoming.end(), [](int n) { return n > 0; });
  return bad_input("workload '" + workload.name + "': task '" +
                   workload.tasks[static_cast<size_t>(stuck - incoming.begin())].name +
                   "' waits for itself through 'every' edges or chains; make one of the edges " +
                   "'latest'");
}

// `every` edges with a buffer: job k of the writer after job k - buffer of the reader.
void bound_buffers(const Workload& workload, const std::vector<Template>& bodies,
                   const std::vector<std::vector<JobId>>& jobs, Instance& instance) {
  for (const DataEdge& edge : workload.edges) {
    if (edge.buffer == 0) continue;
    const auto buffer = static_cast<size_t>(edge.buffer);
    const std::vector<JobId>& writers = jobs[edge.from.value()];
    const std::vector<JobId>& readers = jobs[edge.to.value()];
    for (size_t k = buffer; k < std::min(writers.size(), readers.size() + buffer); ++k)
      order_after(bodies[edge.to.value()], instance.jobs[readers[k - buffer].value()],
                  bodies[edge.from.value()], instance.jobs[writers[k].value()], instance);
  }
}

// A chain whose tasks run in lock step bounds its last task's deadline.
void apply_chain_deadlines(const Workload& workload, const std::vector<std::vector<JobId>>& jobs,
                           Instance& instance) {
  for (const Chain& chain : workload.chains) {
    if (chain.tasks.empty() || chain.deadline <= Nanos(0)) continue;
    const std::vector<JobId>& first = jobs[chain.tasks.front().value()];
    const std::vector<JobId>& last = jobs[chain.tasks.back().value()];
    const Period& period = workload.tasks[chain.tasks.front().value()].period;
    const bool lock_step = std::all_of(
        chain.tasks.begin(), chain.tasks.end(), [&](TaskId task) {
          return workload.tasks[task.value()].period == period && !jobs[task.value()].empty();
        });
    if (!lock_step) continue;
    for (size_t k = 0; k < last.size(); ++k) {
      Nanos& deadline = instance.jobs[last[k].value()].deadline;
      deadline = std::min(deadline, instance.jobs[first[k].value()].release + chain.deadline);
    }
  }
}

// The end of time stays the end of time.
Nanos saturating_add(Nanos a, Nanos b) { return a > Nanos::max() - b ? Nanos::max() : a + b; }

// Jobs of a task released in the window: as many as periods fit into the one that repeats.
int64_t jobs_in_window(const Task& task, Nanos window, bool repeats) {
  const Period& period = task.period;
  const auto whole = static_cast<int64_t>(static_cast<Int128>(window.ns) * period.den /
                                          period.num_ns);
  if (repeats) return whole;
  int64_t count = whole;
  while (count > 0 && task.phase + period.release(count - 1) >= window) --count;
  while (task.phase + period.release(count) < window) ++count;
  return count;
}

InstanceTask instance_task(const Task& task, const std::string& function) {
  InstanceTask out{task.name,   task.module, function,    task.criticality,
                   task.priority, task.weight, task.jitter};
  out.arrival = task.arrival;
  out.on = task.on;
  out.arrival_pct = task.arrival_pct;
  out.overrun = task.overrun;
  return out;
}

}  // namespace

Result<BuiltInstance> build_instance(const Workload& workload,
                                     const std::vector<DispatchGraph>& graphs, const Soc& soc,
                                     const CostTable& costs, const InstanceOptions& options) {
  CHECK_MSG(graphs.size() == workload.modules.size(), "one graph per module");
  BuiltInstance built;
  Instance& instance = built.instance;
  instance.name = workload.name;
  for (const Lane& lane : soc.lanes) instance.lane_names.push_back(lane.name);
  instance.pools = pools_of(soc);
  instance.links = links_of(soc);
  const bool repeats = options.span == Nanos(0);
  Nanos window = options.span;
  if (repeats) {
    TAKT_ASSIGN(window, hyperperiod(workload, options.hyperperiod_limit));
    instance.horizon = window;
  }
  TAKT_ASSIGN(const auto pairs, ordered_pairs(workload));
  TAKT_TRY(check_acyclic(workload, pairs));

  std::vector<Template> bodies(workload.tasks.size());
  std::vector<std::vector<JobId>> jobs(workload.tasks.size());
  for (uint32_t t = 0; t < workload.tasks.size(); ++t) {
    const Task& task = workload.tasks[t];
    const WorkloadModule& module = workload.modules[task.module.value()];
    const DispatchGraph& graph = graphs[task.module.value()];
    instance.tasks.push_back(instance_task(task, module.function));
    const GraphFunction* function = graph.find(module.function);
    if (!function)
      return bad_input(module.path + ": module '" + module.name + "' has no exported function '" +
                       module.function + "'; name one of its functions in the workload");
    if (!function->plannable || function->ops.empty()) {
      built.unplanned.push_back(
          {TaskId(t), function->plannable ? "it has no operations" : function->reason});
      continue;
    }
    const DurationRule rule = options.modes.durations[static_cast<size_t>(task.criticality)];
    TAKT_ASSIGN(bodies[t],
                make_template(graph, *function, soc, costs, rule, options.modes));
    add_submit(module.name, module.function, soc, costs, bodies[t]);
    const int64_t count = jobs_in_window(task, window, repeats);
    const size_t operations = instance.operations.size();
    if (static_cast<size_t>(count) > (options.max_operations - operations) /
                                         bodies[t].operations.size())
      return bad_input("workload '" + workload.name + "': one window of " +
                       std::to_string(window.ns) + " ns has more than " +
                       std::to_string(options.max_operations) + " operations (task '" + task.name +
                       "' alone has " + std::to_string(count) +
                       " jobs); choose periods with a smaller common multiple");
    for (int64_t k = 0; k < count; ++k) {
      const Nanos release = task.phase + task.period.release(k);
      jobs[t].push_back(JobId(instance.jobs.size()));
      add_job(bodies[t],
              {TaskId(t), static_cast<uint32_t>(k), release,
               saturating_add(release, task.deadline), 0, 0},
              instance);
    }
    order_jobs_of_task(bodies[t], jobs[t], instance);
  }
  for (const auto& [from, to] : pairs)
    for (size_t k = 0; k < std::min(jobs[from.value()].size(), jobs[to.value()].size()); ++k)
      order_after(bodies[from.value()], instance.jobs[jobs[from.value()][k].value()],
                  bodies[to.value()], instance.jobs[jobs[to.value()][k].value()], instance);
  bound_buffers(workload, bodies, jobs, instance);
  instance.chains = chains_of(workload, jobs, instance);
  apply_chain_deadlines(workload, jobs, instance);
  TAKT_TRY(check_instance(instance));
  return built;
}

Result<Instance> build_call_instance(const std::string& module_name, const DispatchGraph& graph,
                                     const std::string& function_name, const Soc& soc,
                                     const CostTable& costs, const ModeOptions& options) {
  const GraphFunction* function = graph.find(function_name);
  if (!function)
    return bad_input(graph.source + ": module '" + module_name + "' has no exported function '" +
                     function_name + "'");
  if (!function->plannable || function->ops.empty())
    return bad_input(graph.source + ": function '" + function_name + "' cannot be planned: " +
                     (function->plannable ? "it has no operations" : function->reason));
  Instance instance;
  instance.name = module_name;
  for (const Lane& lane : soc.lanes) instance.lane_names.push_back(lane.name);
  instance.pools = pools_of(soc);
  instance.links = links_of(soc);
  instance.tasks.push_back({module_name, ModuleId(0u), function_name, Criticality::kFirm, 0});
  TAKT_ASSIGN(const Template body,
              make_template(graph, *function, soc, costs, DurationRule(), options));
  add_job(body, {TaskId(0u), 0, Nanos(0), Nanos::max(), 0, 0}, instance);
  TAKT_TRY(check_instance(instance));
  return instance;
}

}  // namespace takt
