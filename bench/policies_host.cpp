// The host half of `takt bench policies`.
#include <algorithm>
#include <cstdio>
#include <map>
#include <vector>

#include "app/mission.h"
#include "app/planning.h"
#include "base/file.h"
#include "bench/host_load.h"
#include "bench/policies.h"

namespace takt::bench {
namespace {

constexpr const char* kPolicies[] = {"pinned", "dynamic", "jobshop", "strict", "hybrid"};
constexpr uint64_t kSeed = 1;
constexpr int kRounds = 4;

Result<Trace> run_mission(const Prepared& prepared, const std::string& policy,
                          const std::string& plan_path, Nanos time) {
  TAKT_ASSIGN(const std::shared_ptr<Device> device, host_device(prepared, policy, plan_path));
  TAKT_ASSIGN(const std::unique_ptr<Mission> mission,
              Mission::create(prepared.compiled, device, kSeed));
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
  TAKT_ASSIGN(HostLoad host, prepare_host_load(options));
  const Prepared& prepared = host.prepared;
  for (const int load : loads) {
    set_load(load, host);
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
                    run_mission(prepared, policy, uses_plan && planned ? planning.plan_path : "",
                                time / kRounds));
        runs[policy].push_back(policy_cell("host", load, "none", policy, feasible,
                                           host.instance, task_figures(trace), trace,
                                           mean_busy_pct(trace)));
      }
    for (const char* policy : kPolicies)
      if (runs.contains(policy)) report["cells"].push_back(sum_of(runs[policy]));
    std::fprintf(stderr, "host %d %%: done\n", load);
  }
  return {};
}

}  // namespace takt::bench
