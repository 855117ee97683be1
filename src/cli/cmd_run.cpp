// takt run workload.yaml --plan plan.json: the workload on this host's lanes for a while,
// and how it went; --against runs it on IREE's own drivers too, in alternation.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/comparison.h"
#include "app/learning.h"
#include "app/planning.h"
#include "app/prepare.h"
#include "app/report.h"
#include "app/why.h"
#include "base/file.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/run_companion.h"
#include "cost/host.h"
#include "trace/perfetto.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct RunArguments {
  std::string workload, plan, soc, modules, policy, trace, control;
  std::string db = "costs.sqlite";
  std::string duration = "5s";
  std::vector<std::string> against;
  uint64_t jobs = 0;
  uint64_t seed = 1;
  bool oversubscribe = false, no_realtime = false, no_control = false;
  bool learn = false, windows = false, json = false;
};

struct RunOutcome {
  std::vector<DeviceRun> runs;
  Plan plan;                 // empty without --plan
  Conformance conformance;   // of the first segment, with a plan
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

Result<DeviceOptions> device_options(const RunArguments& arguments, const Plan& plan,
                                     const Soc& soc, const CompiledWorkload& compiled) {
  DeviceOptions options;
  options.plan = arguments.plan;
  options.policy = arguments.policy;
  options.realtime = !arguments.no_realtime;
  options.inline_submit = false;   // jobs are submitted by lanes, ahead of their release
  options.trace_capacity = 1 << 18;
  options.cpus = core_cpus(soc);
  if (arguments.plan.empty())
    for (const compile::CompiledModule& module : compiled.modules)
      options.graphs.push_back(module.graph_path);
  if (!arguments.plan.empty() && plan.lanes.size() > options.cpus.size())
    return bad_input(arguments.plan + ": is for " + std::to_string(plan.lanes.size()) +
                     " lanes, the SoC has " + std::to_string(options.cpus.size()) + " cores");
  return options;
}

// One hyperperiod, for planning while the mission runs.
Result<Instance> window_of(const RunArguments& arguments, const CompiledWorkload& compiled,
                           const Soc& soc) {
  if (!arguments.against.empty())
    return bad_input("--windows: devices that take turns do not plan; leave --against out");
  TAKT_ASSIGN(const CostTable costs, read_costs(arguments.db, host_fingerprint()));
  TAKT_ASSIGN(BuiltInstance built,
              build_instance(compiled.workload, compiled.graphs(), soc, costs));
  return std::move(built.instance);
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
  companion.hot_swap.planned = !arguments.plan.empty();
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
  if (!workload.modes.empty()) compiled.workload = in_mode(workload, workload.modes.front());
  if (!arguments.plan.empty()) {
    TAKT_ASSIGN(outcome.plan, read_plan(arguments.plan));
    TAKT_TRY(check_plan_matches(outcome.plan, arguments.plan, compiled));
  }
  TAKT_ASSIGN(const DeviceOptions options,
              device_options(arguments, outcome.plan, soc, compiled));
  Instance window;
  if (arguments.windows) {
    TAKT_ASSIGN(window, window_of(arguments, compiled, soc));
    mission.planning = &window;
  }
  std::optional<CostDb> costs;   // opened before the run: a bad file is no reason to run in vain
  if (arguments.learn) {
    TAKT_ASSIGN(costs, CostDb::open(arguments.db, CostDb::Access::kWrite));
  }
  TAKT_ASSIGN(const std::shared_ptr<Device> ours, Device::create_takt(options));
  TAKT_ASSIGN(const std::shared_ptr<Device> reference, Device::create_stock("local-sync"));
  outcome.policy = ours->control()->policy();
  outcome.warning = ours->control()->warning();
  if (arguments.against.empty()) {
    TAKT_ASSIGN(outcome.runs,
                run_alone(arguments, workload, compiled, soc, ours, reference, mission));
  } else {
    TAKT_ASSIGN(outcome.runs, run_beside_others(arguments, compiled, ours, reference, mission));
  }
  if (costs) {
    TAKT_ASSIGN(outcome.learned, learn_run(outcome.runs.front().traces, compiled, soc, *costs,
                                           host_fingerprint()));
  }
  const Trace& first = outcome.runs.front().traces.front();
  if (!arguments.plan.empty()) outcome.conformance = conformance(outcome.plan, first);
  outcome.names = op_names(compiled);
  outcome.why = explain_misses(outcome.runs.front().traces,
                               arguments.plan.empty() ? nullptr : &outcome.plan,
                               facts_of(compiled.workload, soc), &compiled.workload);
  if (!arguments.trace.empty())
    TAKT_TRY(write_trace(arguments.trace, arguments.plan.empty() ? nullptr : &outcome.plan,
                         first, compiled));
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
  if (!arguments.plan.empty()) {
    json["plan"] = plan_json(outcome.plan);
    json["conformance"] = conformance_json(outcome.conformance);
  }
  if (ours.loop) json["windows"] = loop_json(*ours.loop);
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
  if (!arguments.plan.empty())
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
  app.add_option("workload", arguments.workload, "workload.yaml")->required();
  app.add_option("--plan", arguments.plan, "plan.json (none: everything is scheduled as it comes)");
  app.add_option("--policy", arguments.policy,
                 "pinned, dynamic, jobshop, strict, hybrid (default: hybrid with a plan, else "
                 "dynamic)");
  app.add_option("--soc", arguments.soc, "soc.yaml (default: this host)");
  app.add_option("--modules", arguments.modules,
                 "directory of the compiled modules (default: takt-modules beside the workload)");
  app.add_option("--duration", arguments.duration,
                 "robot time on each device, e.g. 20s (0: until Ctrl-C)")
      ->capture_default_str();
  app.add_option("--jobs", arguments.jobs, "at most so many jobs of each task (0: no limit)");
  app.add_option("--seed", arguments.seed, "of the inputs")->capture_default_str();
  app.add_option("--against", arguments.against, "local-sync,local-task[?workers=N]")
      ->delimiter(',');
  app.add_option("--trace", arguments.trace, "write plan and run for ui.perfetto.dev");
  app.add_flag("--oversubscribe", arguments.oversubscribe,
               "let a SoC with more cores than this host share them");
  app.add_flag("--no-realtime", arguments.no_realtime,
               "ordinary priority for the lanes (default: SCHED_FIFO where permitted)");
  app.add_option("--db", arguments.db, "cost database, for --learn and changes with `takt ctl`")
      ->capture_default_str();
  app.add_option("--control", arguments.control,
                 "path of the control socket (default: where `takt ctl` looks)");
  app.add_flag("--no-control", arguments.no_control, "no control socket: nobody may change the run")
      ->excludes("--control");
  app.add_flag("--learn", arguments.learn,
               "record what the run measured into --db for the next plan (no control socket)");
  app.add_flag("--windows", arguments.windows,
               "plan the next window while one runs, from the costs in --db (docs/windows.md)");
  app.add_flag("--json", arguments.json, "print a machine-readable report");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  if (arguments.modules.empty()) arguments.modules = default_module_dir(arguments.workload);

  const Result<RunOutcome> outcome = run_workload(arguments);
  if (!outcome) return report_error("run", outcome.error());
  if (arguments.json) std::printf("%s\n", json_of(*outcome, arguments).dump(2).c_str());
  else print(*outcome, arguments);
  return all_identical(outcome->runs.front()) ? 0 : 1;
}

}  // namespace takt
