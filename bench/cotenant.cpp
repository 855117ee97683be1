// cotenant: the robot workload at 80 % load on takt (hybrid) and on local-task, full runs in turns.
// In the middle third of each run another process spins on the last lane's cpu at ordinary
// priority. A run is twelve missions one after another, so that no trace is longer than a twelfth.
#include <csignal>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

#include "app/mission.h"
#include "app/planning.h"
#include "app/report.h"
#include "base/file.h"
#include "bench/host_load.h"
#include "bench/measure.h"
#include "bench/policies.h"
#include "bench/suites.h"
#include "trace/attribution.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr int kLoadPct = 80, kSegments = 12;
constexpr uint64_t kSeed = 1;
constexpr const char* kPhases[] = {"before", "during", "after"};

// A process that does nothing but take one cpu, while it lives.
class Cotenant {
 public:
  ~Cotenant() { stop(); }

  Status start(int cpu) {
    std::string on = std::to_string(cpu);
    char taskset[] = "taskset", c[] = "-c", sh[] = "sh", spin[] = "while :; do :; done";
    char* words[] = {taskset, c, on.data(), sh, c, spin, nullptr};
    if (::posix_spawnp(&child_, taskset, nullptr, nullptr, words, environ) != 0) {
      child_ = -1;
      return failed("cannot start the co-tenant (taskset -c " + on + " sh)");
    }
    return {};
  }

  void stop() {
    if (child_ < 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

 private:
  pid_t child_ = -1;
};

struct Contestant {
  std::string name;
  std::unique_ptr<Mission> mission;
  const Plan* plan = nullptr;
  std::vector<Json> runs;
};

struct Phase {
  int64_t hard_jobs = 0, hard_misses = 0, firm_misses = 0, other_misses = 0;
  std::vector<Nanos> start_p50, start_p99;      // per segment
  std::vector<double> makespan_pct;
};

void count(const Trace& trace, const Instance& instance, Phase& phase) {
  const std::vector<TaskFigures> tasks = task_figures(trace);
  for (size_t t = 0; t < tasks.size(); ++t) {
    const int64_t misses = tasks[t].missed + tasks[t].shed;
    switch (instance.tasks[t].criticality) {
      case Criticality::kHard:
        phase.hard_jobs += tasks[t].jobs;
        phase.hard_misses += misses;
        break;
      case Criticality::kFirm: phase.firm_misses += misses; break;
      default: phase.other_misses += misses;
    }
  }
}

void judge(const Trace& trace, const Plan& plan, Phase& phase) {
  const Conformance kept = conformance(plan, trace);
  phase.start_p50.push_back(kept.start_error.p50);
  phase.start_p99.push_back(kept.start_error.p99);
  phase.makespan_pct.push_back(kept.makespan_error_pct_p50);
}

Json json_of(Phase& phase) {
  Json json{{"hard_jobs", phase.hard_jobs},
            {"hard_misses", phase.hard_misses},
            {"firm_misses", phase.firm_misses},
            {"soft_misses", phase.other_misses}};
  if (phase.start_p50.empty()) return json;
  std::sort(phase.makespan_pct.begin(), phase.makespan_pct.end());
  json["conformance"] = {{"start_error_us_p50", median(phase.start_p50).us()},
                         {"start_error_us_p99", median(phase.start_p99).us()},
                         {"makespan_error_pct", phase.makespan_pct[phase.makespan_pct.size() / 2]}};
  return json;
}

// One full run. Why hard jobs were missed is only known on takt: others record no operations.
Result<Json> full_run(Contestant& who, const HostLoad& host, Nanos time) {
  const Prepared& prepared = host.prepared;
  const MissionFacts facts = facts_of(prepared.compiled.workload, prepared.soc);
  Phase phases[3];
  std::map<std::string, int64_t> causes;
  Cotenant cotenant;
  for (int segment = 0; segment < kSegments; ++segment) {
    if (segment == kSegments / 3) TAKT_TRY(cotenant.start(core_cpus(prepared.soc).back()));
    if (segment == 2 * kSegments / 3) cotenant.stop();
    MissionOptions options;
    options.duration = time / kSegments;
    TAKT_ASSIGN(const Trace trace, who.mission->run(options));
    TAKT_TRY(check_jobs(task_figures(trace), trace.dropped));
    Phase& phase = phases[segment * 3 / kSegments];
    count(trace, host.instance, phase);
    if (who.plan) judge(trace, *who.plan, phase);
    if (trace.lanes.empty()) continue;
    for (const Miss& miss : attribute_misses(trace, who.plan, facts))
      if (host.instance.tasks[miss.task].criticality == Criticality::kHard)
        ++causes[std::string(name_of(miss.parts.front().cause))];
  }
  Json run{{"hard_misses", 0}};
  int64_t misses = 0;
  for (size_t p = 0; p < 3; ++p) {
    misses += phases[p].hard_misses;
    run[kPhases[p]] = json_of(phases[p]);
  }
  run["hard_misses"] = misses;
  if (!causes.empty()) run["causes"] = causes;
  std::fprintf(stderr, "%s: %lld hard misses\n", who.name.c_str(), static_cast<long long>(misses));
  return run;
}

int64_t median_misses(const std::vector<Json>& runs) {
  std::vector<int64_t> misses;
  for (const Json& run : runs) misses.push_back(run["hard_misses"]);
  std::sort(misses.begin(), misses.end());
  return misses[(misses.size() - 1) / 2];
}

}  // namespace

Result<Json> cotenant(const Options& options) {
  TAKT_ASSIGN(HostLoad host, prepare_host_load(options));
  set_load(kLoadPct, host);
  const Prepared& prepared = host.prepared;
  PlanningOptions planning;
  planning.plan_path = options.work_dir + "/cotenant.plan.json";
  planning.host = prepared.host;
  const Result<PlannedWorkload> planned =
      plan_workload(prepared.compiled, prepared.soc, prepared.costs, planning);
  if (planned) TAKT_TRY(write_file(planning.plan_path, write_plan(planned->plan)));
  TAKT_ASSIGN(const std::shared_ptr<Device> ours,
              host_device(prepared, "hybrid", planned ? planning.plan_path : ""));
  TAKT_ASSIGN(const std::shared_ptr<Device> stock, Device::create_stock("local-task"));
  Contestant contestants[2] = {{"takt", nullptr, planned ? &planned->plan : nullptr, {}},
                               {"local-task", nullptr, nullptr, {}}};
  TAKT_ASSIGN(contestants[0].mission, Mission::create(prepared.compiled, ours, kSeed));
  TAKT_ASSIGN(contestants[1].mission, Mission::create(prepared.compiled, stock, kSeed));
  const Nanos time = options.time > Nanos(0) ? options.time
                     : options.quick         ? seconds(12)
                                             : seconds(120);
  const int rounds = options.rounds ? options.rounds : options.quick ? 1 : 3;
  for (int round = 0; round < rounds; ++round)
    for (Contestant& who : contestants) {
      TAKT_ASSIGN(Json run, full_run(who, host, time));
      who.runs.push_back(std::move(run));
    }

  const int64_t takt = median_misses(contestants[0].runs);
  const int64_t task = median_misses(contestants[1].runs);
  Json report{{"suite", "cotenant"},
              {"machine", machine()},
              {"load_pct", kLoadPct},
              {"seconds", time.ms() / 1e3},
              {"warning", ours->control()->warning()},
              {"planned", planned.ok()},
              {"feasible", planned && has_no_hard_miss(planned->plan)},
              {"takt", contestants[0].runs},
              {"local-task", contestants[1].runs}};
  report["checks"] = {{{"figure", "takt's hard misses, median run; goal: a tenth of local-task's"},
                       {"value", takt},
                       {"goal", task / 10},
                       {"met", takt <= task / 10}}};
  return report;
}

}  // namespace takt::bench
