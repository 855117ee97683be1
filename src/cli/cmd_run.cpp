// takt run workload.yaml --plan plan.json: the workload on this host's lanes for a while,
// and how it went; --against runs it on IREE's own drivers too, in alternation.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/announced.h"
#include "app/comparison.h"
#include "app/learning.h"
#include "app/planning.h"
#include "app/prepare.h"
#include "app/report.h"
#include "app/why.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/run_companion.h"
#include "cli/run_options.h"
#include "cost/host.h"
#include "model/workload_change.h"
#include "trace/perfetto.h"
#include "trace/stale_reads.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct RunOutcome {
  std::vector<DeviceRun> runs;
  Plan plan;                 // with --plan or --windows
  bool planned = false;
  Admission admission;       // with --windows
  Conformance conformance;   // of the first segment, with a plan
  std::vector<StaleReads> stale;   // of the first segment
  Why why;
  OpNames names;
  std::string policy;
  std::string warning;
  std::optional<LearnSummary> learned;   // with --learn
};

// The plan must be for these modules: yesterday's plan says so instead of misbehaving.
Status check_plan_matches(const Plan& plan, const std::string& path,
                          const CompiledWorkload& compiled) {
  for (const PlanModule& module : plan.modules) {
    const auto same = std::find_if(
        compiled.workload.modules.begin(), compiled.workload.modules.end(),
        [&](const WorkloadModule& other) { return other.name == module.name; });
    if (same == compiled.workload.modules.end())
      return bad_input(path + ": plans module '" + module.name + "', which " +
                       compiled.workload.name + " does not have");
    const size_t index = static_cast<size_t>(same - compiled.workload.modules.begin());
    if (compiled.modules[index].graph.vmfb_hash != module.vmfb_hash)
      return bad_input(path + ": was made for another .vmfb of module '" + module.name + "' (" +
                       module.vmfb_hash.substr(0, 8) + ", now " +
                       compiled.modules[index].graph.vmfb_hash.substr(0, 8) +
                       "); plan again with `takt plan`");
  }
  if (plan.tasks.size() != compiled.workload.tasks.size())
    return bad_input(path + ": has " + std::to_string(plan.tasks.size()) + " tasks, the workload " +
                     std::to_string(compiled.workload.tasks.size()) + "; plan again");
  for (size_t i = 0; i < plan.tasks.size(); ++i) {
    const Task& task = compiled.workload.tasks[i];
    const PlanTask& planned = plan.tasks[i];
    if (planned.name != task.name || planned.period != task.period ||
        planned.deadline != task.deadline || planned.phase != task.phase)
      return bad_input(path + ": task '" + planned.name +
                       "' is not as in the workload (name, period, phase, deadline); plan again");
  }
  return {};
}

// What of the workload is guaranteed, the plan it begins with when there is none yet, and one
// hyperperiod, for planning while the mission runs.
Result<PlannedWorkload> first_window(const RunArguments& arguments,
                                     const CompiledWorkload& compiled, const Soc& soc) {
  if (!arguments.against.empty())
    return bad_input("--windows: devices that take turns do not plan; leave --against out");
  PlanningOptions options;
  options.host = host_fingerprint();
  TAKT_ASSIGN(const CostTable costs, read_costs(arguments.db, options.host));
  TAKT_ASSIGN(PlannedWorkload planned, plan_workload(compiled, soc, costs, options));
  TAKT_TRY(check_throttling(compiled.workload, planned.instance, arguments.workload));
  return planned;
}

// Beside IREE's drivers: the devices take turns.
Result<std::vector<DeviceRun>> run_beside_others(const RunArguments& arguments,
                                                 const CompiledWorkload& compiled,
                                                 const std::shared_ptr<Device>& ours,
                                                 const std::shared_ptr<Device>& reference,
                                                 const MissionOptions& options) {
  std::vector<std::shared_ptr<Device>> devices{ours};
  for (const std::string& name : arguments.against) {
    TAKT_ASSIGN(std::shared_ptr<Device> device, Device::create_stock(name));
    devices.push_back(std::move(device));
  }
  ComparisonOptions comparison;
  comparison.duration = options.duration;
  comparison.jobs_max = options.jobs_max;
  comparison.seed = arguments.seed;
  comparison.stop = options.stop;
  return compare(compiled, devices, reference, comparison);
}

// Alone: it may be watched and changed.
Result<std::vector<DeviceRun>> run_alone(const RunArguments& arguments,
                                         const Workload& workload,
                                         const CompiledWorkload& compiled, const Soc& soc,
                                         const std::shared_ptr<Device>& ours,
                                         const std::shared_ptr<Device>& reference,
                                         const MissionOptions& options) {
  CompanionOptions companion;
  companion.workload = workload;
  companion.hot_swap.prepare_command = profile_command(arguments.db, arguments.modules,
                                                       arguments.soc, arguments.oversubscribe);
  companion.hot_swap.module_dir = arguments.modules;
  companion.hot_swap.db = arguments.db;
  companion.hot_swap.soc = soc;
  companion.hot_swap.planning.host = host_fingerprint();
  companion.hot_swap.planned = !arguments.plan.empty() || arguments.windows;
  companion.hot_swap.windows = arguments.windows;
  companion.hot_swap.mode = begin_mode(workload, arguments.mode);
  // What a run measured is recorded under the modules it began with: nobody swaps them then.
  companion.listens = !arguments.no_control && !arguments.learn;
  companion.control = arguments.control;
  companion.shows = isatty(STDOUT_FILENO) && !arguments.json;
  TAKT_ASSIGN(DeviceRun run, run_live(compiled, ours, reference, options, arguments.seed,
                                      make_companion(companion)));
  return std::vector<DeviceRun>{std::move(run)};
}

Result<MissionOptions> mission_options(const RunArguments& arguments) {
  MissionOptions options;
  const std::optional<Nanos> duration = parse_time(arguments.duration);
  if (!duration)
    return bad_input("--duration " + arguments.duration + ": not a time; write 500ms or 20s");
  if (*duration == Nanos(0) && !arguments.against.empty())
    return bad_input("--duration 0: devices that take turns need an end; write 20s");
  options.duration = *duration;
  options.jobs_max = arguments.jobs;
  options.stop = &stop_on_interrupt();
  return options;
}

Result<RunOutcome> run_workload(const RunArguments& arguments) {
  RunOutcome outcome;
  TAKT_ASSIGN(MissionOptions mission, mission_options(arguments));
  TAKT_ASSIGN(const Workload workload, read_workload(arguments.workload));
  TAKT_ASSIGN(const Soc soc, host_soc(arguments.soc, arguments.oversubscribe));
  TAKT_ASSIGN(CompiledWorkload compiled, compile_workload(workload, arguments.modules));
  TAKT_ASSIGN(compiled.workload,
              active_workload(workload, begin_mode(workload, arguments.mode)));
  if (!arguments.plan.empty()) {
    TAKT_ASSIGN(outcome.plan, read_plan(arguments.plan));
    TAKT_TRY(check_plan_matches(outcome.plan, arguments.plan, compiled));
  }
  TAKT_ASSIGN(const DeviceOptions options,
              device_options(arguments, outcome.plan, soc, compiled));
  PlannedWorkload window;
  if (arguments.windows) {
    TAKT_ASSIGN(window, first_window(arguments, compiled, soc));
    mission.planning = &window.instance;
    outcome.admission = window.admission;
    if (arguments.plan.empty()) {
      outcome.plan = window.plan;
      mission.plan = &outcome.plan;
    }
    // Before it runs, by name.
    std::fputs(text_of(window.admission).c_str(), stderr);
  }
  std::optional<CostDb> costs;   // opened before the run: a bad file is no reason to run in vain
  std::optional<RunLearner> learner;
  if (arguments.learn) {
    TAKT_ASSIGN(costs, CostDb::open(arguments.db, CostDb::Access::kWrite));
    learner.emplace(compiled, soc, *costs, host_fingerprint());
    mission.observe = [&](const TraceEvent& event) { learner->observe(event); };
    mission.progress = [&] { learner->commit(monotonic_now()); };
  }
  TAKT_ASSIGN(const std::shared_ptr<Device> ours, Device::create_takt(options));
  TAKT_ASSIGN(const std::shared_ptr<Device> reference, Device::create_stock("local-sync"));
  outcome.policy = ours->control()->policy();
  if (arguments.against.empty()) {
    TAKT_ASSIGN(outcome.runs,
                run_alone(arguments, workload, compiled, soc, ours, reference, mission));
  } else {
    TAKT_ASSIGN(outcome.runs, run_beside_others(arguments, compiled, ours, reference, mission));
  }
  outcome.warning = ours->control()->warning();
  if (learner && arguments.against.empty()) {
    TAKT_ASSIGN(outcome.learned, learner->finish());
  } else if (learner) {
    TAKT_ASSIGN(outcome.learned, learn_run(outcome.runs.front().traces, compiled, soc, *costs,
                                           host_fingerprint()));
  }
  const Trace& first = outcome.runs.front().traces.front();
  outcome.planned = !arguments.plan.empty() || arguments.windows;
  const Plan* const plan = outcome.planned ? &outcome.plan : nullptr;
  if (plan) outcome.conformance = conformance(*plan, first);
  outcome.stale = stale_reads(first, compiled.workload);
  outcome.names = op_names(compiled);
  outcome.why = explain_misses(outcome.runs.front().traces, plan,
                               facts_of(compiled.workload, soc), &compiled.workload);
  if (!arguments.trace.empty())
    TAKT_TRY(write_trace(arguments.trace, plan, first, compiled));
  return outcome;
}

bool all_identical(const DeviceRun& run) {
  return std::all_of(run.identical.begin(), run.identical.end(), [](bool same) { return same; });
}

Json json_of(const RunOutcome& outcome, const RunArguments& arguments) {
  const DeviceRun& ours = outcome.runs.front();
  Json json{{"policy", outcome.policy},
            {"warning", outcome.warning},
            {"bit_identical", all_identical(ours)},
            {"tasks", tasks_json(ours.tasks)},
            {"lanes_busy_pct", lanes_json(utilisation(ours.traces.front()))}};
  if (outcome.planned) {
    json["plan"] = plan_json(outcome.plan);
    json["conformance"] = conformance_json(outcome.conformance);
  }
  if (ours.loop) {
    json["windows"] = loop_json(*ours.loop);
    json["admission"] = admission_json(outcome.admission);
  }
  json["stale_reads"] = stale_json(outcome.stale);
  json["misses"] = causes_json(outcome.why, outcome.names);
  json["chains"] = chains_json(outcome.why.chains);
  json["against"] = Json::object();
  for (size_t i = 1; i < outcome.runs.size(); ++i)
    json["against"][outcome.runs[i].name] = tasks_json(outcome.runs[i].tasks);
  if (!arguments.trace.empty()) json["trace"] = arguments.trace;
  if (outcome.learned) json["learned"] = learned_json(*outcome.learned);
  return json;
}

void print(const RunOutcome& outcome, const RunArguments& arguments) {
  std::vector<DriverFigures> drivers;
  for (const DeviceRun& run : outcome.runs) drivers.push_back({run.name, run.tasks});
  std::printf("policy %s, outputs %s\n", outcome.policy.c_str(),
              all_identical(outcome.runs.front()) ? "bit-identical to local-sync"
                                                  : "DIFFER from local-sync");
  if (!outcome.warning.empty()) std::printf("note: %s\n", outcome.warning.c_str());
  std::fputs(tasks_table(drivers).c_str(), stdout);
  std::fputs(why_text(outcome.why, outcome.names).c_str(), stdout);
  std::fputs(stale_text(outcome.stale).c_str(), stdout);
  if (outcome.planned)
    std::fputs(conformance_text(outcome.conformance).c_str(), stdout);
  if (outcome.runs.front().loop)
    std::fputs(loop_text(*outcome.runs.front().loop).c_str(), stdout);
  const auto busy = utilisation(outcome.runs.front().traces.front());
  std::fputs(("  lanes busy:" + lanes_text(busy)).c_str(), stdout);
  if (outcome.learned)
    std::fputs(learned_text(*outcome.learned, arguments.db).c_str(), stdout);
  if (!arguments.trace.empty())
    std::printf("trace: %s (open in ui.perfetto.dev)\n", arguments.trace.c_str());
}

}  // namespace

int cmd_run(int argc, char** argv) {
  CLI::App app{"Run a workload on this host's lanes", "takt run"};
  RunArguments arguments;
  add_run_options(app, arguments);
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  if (arguments.modules.empty()) arguments.modules = default_module_dir(arguments.workload);

  const Result<RunOutcome> outcome = run_workload(arguments);
  if (!outcome) return report_error("run", outcome.error());
  if (arguments.json) std::printf("%s\n", json_of(*outcome, arguments).dump(2).c_str());
  else print(*outcome, arguments);
  return all_identical(outcome->runs.front()) ? 0 : 1;
}

}  // namespace takt
