// The host half of `takt bench policies`.
#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>
#include <vector>

#include "app/mission.h"
#include "app/planning.h"
#include "base/file.h"
#include "bench/policies.h"
#include "bench/prepared.h"

namespace takt::bench {
namespace {

constexpr const char* kPolicies[] = {"pinned", "dynamic", "jobshop", "strict", "hybrid"};
constexpr uint64_t kSeed = 1;
constexpr int kRounds = 4;
// Near its natural rates where the cells are: the robot's two small networks alone would have to
// run at 5 kHz, where a wake-up is a tenth of a period.
constexpr const char* kWorkload = "robot-heavy.yaml";

// Time of one window on one core each, of the time that the lanes have.
double load_pct_of(const Instance& instance) {
  Nanos work(0);
  for (const Operation& op : instance.operations) {
    Nanos least = Nanos::max();
    for (const Mode& mode : op.modes)
      if (mode.demands.front().count == 1) least = std::min(least, mode.duration);
    if (least != Nanos::max()) work += least;
  }
  return 100.0 * double(work.ns) /
         (double(instance.horizon.ns) * double(instance.lane_names.size()));
}

// Periods times `percent` / 100, and with them deadlines.
void stretch(int64_t percent, Workload& workload) {
  for (Task& task : workload.tasks) {
    int64_t ns = task.period.num_ns * percent, den = task.period.den * 100;
    const int64_t common = std::gcd(ns, den);
    task.period = {ns / common, den / common};
    task.deadline = task.deadline * percent / 100;
    task.phase = task.phase * percent / 100;
  }
  for (Chain& chain : workload.chains) chain.deadline = chain.deadline * percent / 100;
}

Result<Trace> run_mission(const CompiledWorkload& compiled, const Soc& soc,
                          const std::string& policy, const std::string& plan_path, Nanos time) {
  DeviceOptions device_options;
  device_options.policy = policy;
  device_options.plan = plan_path;
  device_options.inline_submit = false;
  device_options.realtime = true;   // where permitted
  device_options.trace_capacity = 1 << 18;
  device_options.cpus = core_cpus(soc);
  if (plan_path.empty())
    for (const compile::CompiledModule& module : compiled.modules)
      device_options.graphs.push_back(module.graph_path);
  TAKT_ASSIGN(const std::shared_ptr<Device> device, Device::create_takt(device_options));
  TAKT_ASSIGN(const std::unique_ptr<Mission> mission, Mission::create(compiled, device, kSeed));
  MissionOptions options;
  options.duration = time;
  return mission->run(options);
}

double mean_busy_pct(const Trace& trace) {
  double sum = 0;
  const std::vector<LaneUse> lanes = utilisation(trace);
  for (const LaneUse& lane : lanes) sum += lane.busy_pct();
  return lanes.empty() ? 0 : sum / double(lanes.size());
}

// One cell of several runs: misses add up, the rest is the median run's.
nlohmann::json sum_of(const std::vector<nlohmann::json>& runs) {
  nlohmann::json sum = runs.front();
  for (const char* key : {"hard_misses", "firm_misses", "soft_misses", "lost"}) {
    int64_t total = 0;
    for (const nlohmann::json& run : runs) total += run[key].get<int64_t>();
    sum[key] = total;
  }
  for (const char* key : {"p99_us", "utilisation"}) {
    std::vector<double> values;
    for (const nlohmann::json& run : runs) values.push_back(run[key]);
    std::nth_element(values.begin(), values.begin() + long(values.size() / 2), values.end());
    sum[key] = values[values.size() / 2];
  }
  return sum;
}

}  // namespace

Status add_host_cells(const Options& options, std::span<const int> loads, Nanos time,
                      nlohmann::json& report) {
  TAKT_ASSIGN(Prepared prepared, prepare_examples(options, kWorkload));
  const Workload workload = prepared.compiled.workload;
  TAKT_ASSIGN(const BuiltInstance unscaled,
              build_instance(workload, prepared.compiled.graphs(), prepared.soc, prepared.costs));
  const double natural = load_pct_of(unscaled.instance);
  for (const int load : loads) {
    prepared.compiled.workload = workload;
    stretch(std::max<int64_t>(1, int64_t(100 * natural / load)), prepared.compiled.workload);
    PlanningOptions planning;
    planning.plan_path = options.work_dir + "/policies.plan.json";
    planning.host = prepared.host;
    const Result<PlannedWorkload> planned =
        plan_workload(prepared.compiled, prepared.soc, prepared.costs, planning);
    if (planned) TAKT_TRY(write_file(planning.plan_path, write_plan(planned->plan)));
    const bool feasible = planned && has_no_hard_miss(planned->plan);
    std::map<std::string, std::vector<nlohmann::json>> runs;
    for (int round = 0; round < kRounds; ++round)   // in turns: the machine is not ours alone
      for (const std::string policy : kPolicies) {
        if (options.cancel.stop_requested()) return {};
        const bool uses_plan = policy == "hybrid" || policy == "strict";
        if (policy == "strict" && !planned) continue;   // nothing it could do
        TAKT_ASSIGN(const Trace trace,
                    run_mission(prepared.compiled, prepared.soc, policy,
                                uses_plan && planned ? planning.plan_path : "", time / kRounds));
        runs[policy].push_back(policy_cell("host", load, "none", policy, feasible,
                                           unscaled.instance, task_figures(trace), trace,
                                           mean_busy_pct(trace)));
      }
    for (const char* policy : kPolicies)
      if (runs.contains(policy)) report["cells"].push_back(sum_of(runs[policy]));
    std::fprintf(stderr, "host %d %%: done\n", load);
  }
  return {};
}

}  // namespace takt::bench
