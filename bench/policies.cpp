// policies: the seed matrix with measured numbers: every policy on the robot's load, in the
// simulator on robot-2x4-npu, from half load to overload, undisturbed, with jitter, with faults;
// and undisturbed on two lanes of this host (policies_host.cpp).
#include "bench/policies.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <map>

#include "app/simulation.h"
#include "base/quantile.h"
#include "bench/measure.h"
#include "bench/robot_case.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kSeed = 20261124;

struct Condition {
  const char* name;
  const char* jitter;
  std::vector<std::string> faults;
};

// Every core stalls alike, or whoever happens not to use the one that does would look best; for
// less than a hard job's slack at 120 % (about 340 us), so that what is done about it decides: a
// longer stall is a miss wherever it hits hard work.
std::vector<std::string> faults() {
  std::vector<std::string> all = {"npu-fault:lane=npu,every=40ms,for=3ms",
                                  "lane-loss:lane=little.2,at=100ms,for=150ms",
                                  "lane-loss:lane=big.1,at=400ms,for=150ms",
                                  "late-input:task=dronet_int8,max=1ms,chance=20"};
  for (const char* cluster : {"big", "little"})
    for (const char* core : {".0", ".1", ".2", ".3"})
      all.push_back("stall:lane=" + std::string(cluster) + core + ",every=150ms,for=150us");
  return all;
}

const std::vector<Condition>& conditions() {
  static const std::vector<Condition> all = {{"none", "none", {}},
                                             {"jitter", "lognormal:15", {}},
                                             {"fault", "lognormal:15", faults()}};
  return all;
}

// Over the hard jobs that ran.
Nanos hard_p99(const Instance& instance, const Trace& trace) {
  std::vector<Nanos> responses;
  for (const TraceEvent& e : trace.events)
    if (e.kind == TraceEvent::Kind::kJobEnd && JobOutcome(e.value) != JobOutcome::kShed &&
        instance.tasks[e.task].criticality == Criticality::kHard)
      responses.push_back(e.end - e.begin);
  std::sort(responses.begin(), responses.end());
  return responses.empty() ? Nanos(0) : quantile(std::span<const Nanos>(responses), 990);
}

// Of the cores.
double utilisation_pct(const SimInput& input, const SimResult& result) {
  Nanos busy(0);
  input.cores.for_each([&](uint32_t lane) { busy += result.busy[lane]; });
  return 100 * busy.ms() / (result.end.ms() * input.cores.count());
}

// As `policy` takes it: who can do without a plan gets none.
SimCase case_for(const SimCase& planned, const Policy& policy) {
  SimCase which = planned;
  if (!needs_plan(policy)) which.plan.reset();
  return which;
}

Result<Json> cell(const SimCase& planned, const Policy& policy, int load, const Condition& when,
                  int64_t windows, bool feasible) {
  const SimCase which = case_for(planned, policy);
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, policy));
  SimOptions options;
  options.policy = &policy;
  options.seed = kSeed;
  options.windows = windows;
  options.trace = false;
  TAKT_ASSIGN(options.jitter, Jitter::parse(when.jitter));
  options.disturbances = when.faults;
  TAKT_ASSIGN(const Simulated run, run_simulation(which, input, options));
  return policy_cell("sim", load, when.name, policy.name(), feasible, which.instance, run.tasks,
                     run.result.trace, utilisation_pct(input, run.result));
}

// Operations simulated in a second of this thread's cpu time.
Result<double> speed_of(const SimCase& planned, const Policy& policy, int64_t windows) {
  const SimCase which = case_for(planned, policy);
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, policy));
  SimOptions options;
  options.policy = &policy;
  options.windows = windows;
  options.trace = false;
  uint64_t operations = 0;
  const std::clock_t begin = std::clock();
  std::clock_t now = begin;
  for (; now - begin < CLOCKS_PER_SEC / 4; now = std::clock()) {
    TAKT_ASSIGN(const SimResult result, simulate(input, options));
    operations += result.operations;
  }
  return double(operations) * CLOCKS_PER_SEC / double(now - begin);
}

// Hybrid beside the others, one check per load and disturbance.
void add_checks(Json& report) {
  std::map<std::string, std::pair<int64_t, int64_t>> groups;   // hybrid, best of the others
  std::map<std::string, bool> must_be_none;
  for (const Json& cell : report["cells"]) {
    const std::string name = cell["where"].get<std::string>() + " " +
                             std::to_string(cell["load_pct"].get<int>()) + " % " +
                             cell["disturbance"].get<std::string>();
    auto& [hybrid, others] = groups.try_emplace(name, INT64_MAX, INT64_MAX).first->second;
    int64_t& least = cell["policy"] == "hybrid" ? hybrid : others;
    least = std::min(least, cell["hard_misses"].get<int64_t>());
    must_be_none[name] = cell["feasible"] && cell["disturbance"] != "fault";
  }
  for (const auto& [name, misses] : groups) {
    const int64_t goal = must_be_none[name] ? 0 : misses.second;
    report["checks"].push_back({{"figure", "hybrid's hard misses, " + name},
                                {"value", misses.first},
                                {"goal", goal},
                                {"met", misses.first <= goal}});
  }
}

}  // namespace

Json policy_cell(const char* where, int load_pct, const char* disturbance,
                 std::string_view policy, bool feasible, const Instance& instance,
                 std::span<const TaskFigures> tasks, const Trace& trace, double utilisation) {
  int64_t hard = 0, firm = 0, soft = 0, lost = 0;
  for (size_t t = 0; t < tasks.size(); ++t) {
    const int64_t missed = tasks[t].missed + tasks[t].shed;
    switch (instance.tasks[t].criticality) {
      case Criticality::kHard: hard += missed; break;
      case Criticality::kFirm: firm += missed; break;
      default: soft += missed;
    }
    lost += tasks[t].lost;
  }
  return Json{{"where", where},          {"load_pct", load_pct},  {"disturbance", disturbance},
              {"policy", policy},        {"feasible", feasible},  {"hard_misses", hard},
              {"firm_misses", firm},     {"soft_misses", soft},   {"lost", lost},
              {"p99_us", hard_p99(instance, trace).us()},         {"utilisation", utilisation}};
}

bool has_no_hard_miss(const Plan& plan) {
  return std::all_of(plan.objective.begin(), plan.objective.end(), [](const ObjectiveLevel& l) {
    return l.name != name_of(Level::kHardMisses) || l.value == 0;
  });
}

Result<Json> policies(const Options& options) {
  std::vector<int> loads = options.loads;
  if (loads.empty())
    loads = options.quick ? std::vector{50, 90, 120}
                          : std::vector{50, 60, 70, 80, 90, 100, 110, 120};
  const Nanos time = options.time > Nanos(0) ? options.time
                     : options.quick         ? millis(300)
                                             : seconds(2);
  Json report = {{"suite", "policies"}, {"machine", machine()}, {"seed", kSeed},
                 {"seconds", time.ms() / 1e3}, {"cells", Json::array()},
                 {"plans", Json::array()}, {"checks", Json::array()}};
  for (const int load : loads) {
    TAKT_ASSIGN(const SimCase which, planned_robot(load, options));
    const bool feasible = has_no_hard_miss(*which.plan);
    report["plans"].push_back({{"load_pct", load}, {"feasible", feasible},
                               {"unplanned", which.unplanned}});
    const int64_t windows = std::max<int64_t>(1, time / which.instance.horizon);
    for (const Condition& when : conditions())
      for (const Policy* policy : all_policies()) {
        if (options.cancel.stop_requested()) break;
        if (policy->name() == "serial") continue;   // pinned, for the driver's own use
        TAKT_ASSIGN(Json made, cell(which, *policy, load, when, windows, feasible));
        report["cells"].push_back(std::move(made));
      }
    std::fprintf(stderr, "sim %d %%: done\n", load);
    if (load != loads.front() || options.cancel.stop_requested()) continue;
    for (const Policy* policy : all_policies()) {
      TAKT_ASSIGN(const double speed, speed_of(which, *policy, windows));
      report["sim_operations_per_s"][std::string(policy->name())] = speed;
    }
  }
  if (!options.cancel.stop_requested()) {
    const std::vector<int> on_host = options.quick ? std::vector{50} : std::vector{50, 80, 100};
    TAKT_TRY(add_host_cells(options, on_host, time, report));
  }
  add_checks(report);
  return report;
}

std::string policies_table(const Json& report) {
  std::string text = "where load  disturbance policy                 hard   firm   soft "
                     "       p99  busy\n";
  for (const Json& c : report["cells"]) {
    char line[200];
    std::snprintf(line, sizeof line,
                  "%-5s %3d %% %-11s %-20s %6lld %6lld %6lld %8.0f us %4.0f %%\n",
                  c["where"].get<std::string>().c_str(), c["load_pct"].get<int>(),
                  c["disturbance"].get<std::string>().c_str(),
                  c["policy"].get<std::string>().c_str(),
                  static_cast<long long>(c["hard_misses"].get<int64_t>()),
                  static_cast<long long>(c["firm_misses"].get<int64_t>()),
                  static_cast<long long>(c["soft_misses"].get<int64_t>()),
                  c["p99_us"].get<double>(), c["utilisation"].get<double>());
    text += line;
  }
  return text;
}

}  // namespace takt::bench
