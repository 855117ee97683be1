// waters: the WATERS 2019 industrial challenge on 4 A57, 2 Denver and a GPU, one hyperperiod
// (13.2 s) planned with the mean and with the longest times of the model: deadlines, chain
// latencies in the plan, and every policy in the simulator, with those times.
#include <algorithm>
#include <cstdio>

#include "app/build_info.h"
#include "app/published.h"
#include "app/simulation.h"
#include "bench/measure.h"
#include "bench/suites.h"
#include "model/verify.h"
#include "solve/admission.h"
#include "solve/diagnose.h"
#include "solve/make_plan.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kSeed = 20261124;
constexpr int64_t kSteps = 40'000, kQuickSteps = 200;

struct Planned {
  Plan plan;
  Admission admission;
  bool proven_late = false;            // the explanation is a proof
  Json chains;
};

Json chains_of(const Instance& instance, const std::vector<Nanos>& done) {
  Json chains = Json::array();
  for (const InstanceChain& chain : instance.chains) {
    Nanos most(0), sum(0);
    for (const ChainRun& run : chain.runs) {
      const Nanos took = done[run.last.value()] - instance.jobs[run.first.value()].release;
      most = std::max(most, took);
      sum += took;
    }
    const double runs = double(std::max<size_t>(chain.runs.size(), 1));
    chains.push_back({{"name", chain.name}, {"runs", chain.runs.size()},
                      {"latency_max_ms", most.ms()}, {"latency_mean_ms", sum.ms() / runs},
                      {"deadline_ms", chain.deadline.ms()}});
  }
  return chains;
}

Planned plan_of_case(const Instance& instance, int64_t steps) {
  const Problem problem(instance);
  SolveOptions options = PlanningOptions::default_solve();
  options.steps = steps;
  const SolveResult result = solve(problem, options);
  PlanContext context;
  context.tasks = tasks_of(instance);
  const Diagnosis why = diagnose(problem, result.schedule);
  const bool proven = why.overcommitment || !why.too_long.empty() || !why.blockings.empty();
  return {plan_of(problem, result, options, context), admission_of(problem, result), proven,
          chains_of(instance, completions(problem, result.schedule))};
}

Result<Json> cell(const SimCase& planned, const Policy& policy) {
  SimCase which = planned;
  if (!needs_plan(policy)) which.plan.reset();
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, policy));
  SimOptions options;
  options.policy = &policy;
  options.seed = kSeed;
  options.trace = false;
  TAKT_ASSIGN(const Simulated simulated, run_simulation(which, input, options));
  Json cell = {{"policy", policy.name()}, {"tasks", Json::array()}};
  int64_t missed = 0;
  for (const TaskFigures& task : simulated.tasks) {
    missed += task.missed + task.shed;
    cell["tasks"].push_back({{"name", task.name}, {"done", task.done}, {"missed", task.missed},
                             {"shed", task.shed}});
  }
  cell["missed"] = missed;
  return cell;
}


// With the mean times, or the longest, of every runnable.
Result<Json> case_of(const PublishedWorkload& published, Quantile quantile,
                     const Options& options) {
  InstanceOptions building;
  building.modes.durations.fill({quantile});
  TAKT_ASSIGN(SimCase which, sim_case_of_workload(published.compiled, published.soc,
                                                  published.costs, building));
  const Planned planned = plan_of_case(which.instance, options.quick ? kQuickSteps : kSteps);
  Json report = {{"times", quantile == Quantile::kMax ? "longest" : "mean"},
                 {"hyperperiod_ms", which.instance.horizon.ms()},
                 {"jobs", which.instance.jobs.size()},
                 {"operations", which.instance.operations.size()},
                 {"chains", planned.chains}, {"admission", Json::array()},
                 {"proven_late", planned.proven_late},
                 {"explanation", text_of(planned.admission)}, {"cells", Json::array()}};
  for (const Admitted& one : planned.admission.tasks)
    report["admission"].push_back(
        {{"name", one.name}, {"verdict", name_of(one.verdict)}, {"why", one.why}});
  for (const ObjectiveLevel& level : planned.plan.objective)
    report["objective"].push_back({{"name", level.name}, {"value", level.value},
                                   {"bound", level.bound}});
  if (verify(planned.plan, which.instance).empty()) which.plan = planned.plan;
  report["met"] = which.plan && !planned.admission.refused();
  for (const Policy* policy : all_policies()) {
    if (policy->name() == "serial" || options.cancel.stop_requested()) continue;
    if (needs_plan(*policy) && !which.plan) continue;
    TAKT_ASSIGN(Json made, cell(which, *policy));
    report["cells"].push_back(std::move(made));
  }
  return report;
}

}  // namespace

Result<Json> waters(const Options& options) {
  TAKT_ASSIGN(const PublishedWorkload published,
              read_waters2019(options.file.empty()
                                  ? source_dir() + "/examples/published/waters2019.json"
                                  : options.file));
  Json report = {{"suite", "waters"}, {"machine", machine()}, {"seed", kSeed},
                 {"cases", Json::array()}, {"checks", Json::array()}};
  for (const Quantile quantile : {Quantile::kMedian, Quantile::kMax}) {
    TAKT_ASSIGN(Json made, case_of(published, quantile, options));
    const bool met = made["met"].get<bool>();
    report["checks"].push_back(
        {{"figure", "deadlines met with " + made["times"].get<std::string>() +
                        " times, or proven late by a named resource"},
         {"value", met ? "met" : made["explanation"].get<std::string>()},
         {"goal", "met"},
         {"met", met || made["proven_late"].get<bool>()}});
    report["cases"].push_back(std::move(made));
  }
  return report;
}

std::string waters_table(const Json& report) {
  std::string text;
  char line[200];
  for (const Json& which : report["cases"]) {
    text += "with " + which["times"].get<std::string>() +
            " times\n  chain                     latest      mean   allowed\n";
    for (const Json& chain : which["chains"]) {
      std::snprintf(line, sizeof line, "  %-22s %6.1f ms %6.1f ms %6.0f ms\n",
                    chain["name"].get<std::string>().c_str(),
                    chain["latency_max_ms"].get<double>(), chain["latency_mean_ms"].get<double>(),
                    chain["deadline_ms"].get<double>());
      text += line;
    }
    for (const Json& cell : which["cells"]) {
      std::snprintf(line, sizeof line, "  %-22s %lld of %lld jobs late\n",
                    cell["policy"].get<std::string>().c_str(),
                    static_cast<long long>(cell["missed"].get<int64_t>()),
                    static_cast<long long>(which["jobs"].get<int64_t>()));
      text += line;
    }
    text += which["explanation"].get<std::string>();
  }
  return text;
}

}  // namespace takt::bench
