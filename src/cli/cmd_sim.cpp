// takt sim workload.yaml --soc soc.yaml, or --instance FILE: a mission in virtual time, on a
// machine that need not be here, and how it went.
#include <nlohmann/json.hpp>

#include "app/announced.h"
#include "app/planning.h"
#include "app/report.h"
#include "app/simulation.h"
#include "app/why.h"
#include "app/window_simulation.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cost/estimate.h"
#include "cost/host.h"
#include "model/workload_change.h"
#include "sim/disturbance.h"
#include "sim/replay.h"
#include "trace/perfetto.h"
#include "trace/read_perfetto.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct SimArguments {
  std::string workload, mode, instance, soc, modules, host, plan, policy, trace, duration, replay;
  std::string db = "costs.sqlite", jitter = "none";
  std::vector<std::string> estimates, faults, thermal;
  uint64_t seed = 1;
  bool windows = false, json = false;
};

Result<SimCase> read_case(const SimArguments& arguments) {
  if (arguments.workload.empty() == arguments.instance.empty())
    return bad_input("give a workload.yaml, or --instance FILE, and not both");
  if (!arguments.instance.empty() && (arguments.windows || !arguments.mode.empty()))
    return bad_input("--windows and --mode: an instance file has neither; give a workload.yaml");
  if (!arguments.instance.empty()) return sim_case_of_file(arguments.instance);
  TAKT_ASSIGN(const Workload workload, read_workload(arguments.workload));
  TAKT_ASSIGN(const Soc soc, arguments.soc.empty() ? detect_soc() : read_soc(arguments.soc));
  TAKT_ASSIGN(CostTable costs, read_costs(arguments.db, arguments.host.empty()
                                                            ? host_fingerprint()
                                                            : arguments.host));
  for (const std::string& estimate : arguments.estimates)
    TAKT_TRY(add_estimate(estimate, costs));
  const std::string modules = arguments.modules.empty() ? default_module_dir(arguments.workload)
                                                        : arguments.modules;
  TAKT_ASSIGN(CompiledWorkload compiled, compile_workload(workload, modules));
  TAKT_ASSIGN(compiled.workload,
              active_workload(workload, begin_mode(workload, arguments.mode)));
  TAKT_ASSIGN(SimCase which, sim_case_of_workload(compiled, soc, costs));
  TAKT_TRY(check_throttling(compiled.workload, which.instance, arguments.workload));
  return which;
}

Result<int64_t> windows_of(const SimArguments& arguments, const Instance& instance) {
  if (arguments.duration.empty()) return 1;
  const std::optional<Nanos> duration = parse_time(arguments.duration);
  if (!duration || *duration <= Nanos(0))
    return bad_input("--duration " + arguments.duration + ": not a time; write 500ms or 20s");
  if (instance.horizon == Nanos::max()) return 1;
  return (*duration + instance.horizon - Nanos(1)) / instance.horizon;
}

// The recorded run as a case of its own.
Status replace_by_replay(const Trace& recorded, SimCase& which, Replay* replay) {
  TAKT_ASSIGN(*replay, replay_of(which.instance, which.plan ? &*which.plan : nullptr, recorded));
  which.instance = replay->instance;
  which.plan = replay->plan;
  which.tiles = replay->tiles;
  return {};
}

Json json_of(const ReplayMatch& match) {
  return {{"shares", match.shares},
          {"moved", match.moved},
          {"swapped", match.swapped},
          {"recorded_makespan_ns", match.recorded_makespan.ns},
          {"simulated_makespan_ns", match.simulated_makespan.ns},
          {"makespan_error_pct", match.makespan_error_pct()},
          {"response_error_pct", match.response_error_pct}};
}

void print(const ReplayMatch& match) {
  std::printf("  replay: of %lld shares of lanes %lld on another lane, %lld in another order; "
              "makespan %s, was %s (%.2f %% off), responses %.1f %% off\n",
              static_cast<long long>(match.shares), static_cast<long long>(match.moved),
              static_cast<long long>(match.swapped),
              duration_text(match.simulated_makespan).c_str(),
              duration_text(match.recorded_makespan).c_str(), match.makespan_error_pct(),
              match.response_error_pct);
}

Why why_of(const SimCase& which, const Trace& trace) {
  return explain_misses({trace}, which.plan ? &*which.plan : nullptr, facts_of(which.instance),
                        which.workload ? &*which.workload : nullptr);
}

std::vector<StaleReads> stale_of(const SimCase& which, const Trace& trace) {
  return which.workload ? stale_reads(trace, *which.workload) : std::vector<StaleReads>();
}

Json json_of(const SimAccelerator& accelerator, const Trace& trace) {
  const AcceleratorStatistics& s = accelerator.statistics;
  return {{"lane", trace.lanes[accelerator.lane]},
          {"busy_pct", 100 * s.utilisation()},
          {"grants", s.grants},
          {"handovers", s.handovers},
          {"declined", s.declined},
          {"fallbacks", s.fallbacks},
          {"time_outs", s.time_outs},
          {"faults", s.faults},
          {"waited_max_ns", s.waited_max.ns}};
}

std::string text_of(const SimAccelerator& accelerator, const Trace& trace) {
  const AcceleratorStatistics& s = accelerator.statistics;
  std::string text = "  accelerator " + trace.lanes[accelerator.lane] + ": granted " +
                     std::to_string(s.grants - s.declined) + " times, longest wait " +
                     duration_text(s.waited_max) + ", " + std::to_string(s.fallbacks) +
                     " better off on cores";
  if (s.faults + s.time_outs > 0)
    text += ", " + std::to_string(s.faults) + " faults, " + std::to_string(s.time_outs) +
            " time-outs";
  return text + "\n";
}

Json json_of(const SimCase& which, const Simulated& simulated, const SimArguments& arguments,
             const SimOptions& options) {
  const SimResult& result = simulated.result;
  Json json{{"policy", options.policy->name()},
            {"seed", options.seed},
            {"windows", options.windows},
            {"operations", result.operations},
            {"end_ns", result.end.ns},
            {"digest", result.digest},
            {"replans_asked", result.replans_asked},
            {"tasks", tasks_json(simulated.tasks)},
            {"lanes_busy_pct", lanes_json(utilisation(result.trace))}};
  for (const SimAccelerator& accelerator : result.accelerators)
    json["accelerators"].push_back(json_of(accelerator, result.trace));
  if (which.plan) {
    json["plan"] = plan_json(*which.plan);
    json["plan"]["unplanned"] = which.unplanned;
    json["conformance"] = conformance_json(simulated.conformance);
  }
  const Why why = why_of(which, result.trace);
  json["misses"] = causes_json(why, which.names);
  json["chains"] = chains_json(why.chains);
  json["stale_reads"] = stale_json(stale_of(which, result.trace));
  if (!arguments.trace.empty()) json["trace"] = arguments.trace;
  return json;
}

void print(const SimCase& which, const Simulated& simulated, const SimArguments& arguments,
           const SimOptions& options) {
  const SimResult& result = simulated.result;
  std::printf("policy %s, seed %llu, %lld windows, %llu operations, in virtual time\n",
              std::string(options.policy->name()).c_str(),
              static_cast<unsigned long long>(options.seed),
              static_cast<long long>(options.windows),
              static_cast<unsigned long long>(result.operations));
  for (const std::string& task : which.unplanned)
    std::printf("note: %s is not in the plan: the load does not fit the window\n", task.c_str());
  std::fputs(tasks_table({{"sim", simulated.tasks}}).c_str(), stdout);
  std::fputs(why_text(why_of(which, result.trace), which.names).c_str(), stdout);
  std::fputs(stale_text(stale_of(which, result.trace)).c_str(), stdout);
  if (which.plan) std::fputs(conformance_text(simulated.conformance).c_str(), stdout);
  std::fputs(("  lanes busy:" + lanes_text(utilisation(result.trace))).c_str(), stdout);
  for (const SimAccelerator& accelerator : result.accelerators)
    std::fputs(text_of(accelerator, result.trace).c_str(), stdout);
  if (!arguments.trace.empty())
    std::printf("trace: %s (open in ui.perfetto.dev)\n", arguments.trace.c_str());
}

// What the workload announces happens, beside what the arguments ask for.
Result<SimOptions> sim_options(const SimArguments& arguments, const SimCase& which) {
  SimOptions options;
  options.seed = arguments.seed;
  const char* const usual = which.workload ? policy_for_plans(*which.workload) : "hybrid";
  TAKT_ASSIGN(options.policy, find_policy(arguments.policy.empty() ? usual : arguments.policy));
  TAKT_ASSIGN(options.jitter, Jitter::parse(arguments.jitter));
  options.disturbances = arguments.faults;
  for (const std::string& step : arguments.thermal)
    options.disturbances.push_back("thermal:" + step);
  if (!which.workload) return options;
  for (std::string& text : thermal_disturbances(*which.workload))
    options.disturbances.push_back(std::move(text));
  return options;
}

// The mission, with or without planning while it goes on.
Result<Simulated> run_case(const SimArguments& arguments, const SimCase& which,
                           const SimOptions& options, std::optional<LoopReport>* loop) {
  if (arguments.windows) {
    TAKT_ASSIGN(WindowSimulation done, simulate_windows(which, options));
    *loop = std::move(done.report);
    return std::move(done.simulated);
  }
  TAKT_ASSIGN(const SimInput input, sim_input_of(which, *options.policy));
  return run_simulation(which, input, options);
}

Status sim(const SimArguments& arguments) {
  TAKT_ASSIGN(SimCase which, read_case(arguments));
  TAKT_ASSIGN(SimOptions options, sim_options(arguments, which));
  TAKT_ASSIGN(options.windows, windows_of(arguments, which.instance));
  SimPlanOptions planning;
  planning.plan_path = arguments.plan;
  if (!arguments.plan.empty() || needs_plan(*options.policy) || arguments.windows)
    TAKT_TRY(add_plan(planning, which));
  Trace recorded;
  Replay replay;
  if (!arguments.replay.empty()) {
    TAKT_ASSIGN(recorded, read_perfetto(arguments.replay));
    TAKT_TRY(replace_by_replay(recorded, which, &replay));
    options.windows = 1;
    options.informed = false;
  }
  std::optional<LoopReport> loop;
  TAKT_ASSIGN(const Simulated simulated, run_case(arguments, which, options, &loop));
  if (!arguments.trace.empty()) {
    PerfettoInput perfetto;
    perfetto.plan = which.plan ? &*which.plan : nullptr;
    perfetto.trace = &simulated.result.trace;
    perfetto.names = &which.names;
    TAKT_TRY(write_perfetto(arguments.trace, perfetto));
  }
  ReplayMatch match;
  if (!arguments.replay.empty())
    match = compare_replay(replay, recorded, simulated.result.trace);
  if (arguments.json) {
    Json json = json_of(which, simulated, arguments, options);
    if (loop) json["windows_planned"] = loop_json(*loop);
    if (!arguments.replay.empty()) json["replay"] = json_of(match);
    std::printf("%s\n", json.dump(2).c_str());
    return {};
  }
  print(which, simulated, arguments, options);
  if (loop) std::fputs(loop_text(*loop).c_str(), stdout);
  if (!arguments.replay.empty()) print(match);
  return {};
}

}  // namespace

int cmd_sim(int argc, char** argv) {
  CLI::App app{"Simulate a workload, in virtual time, with the policies of `takt run`",
               "takt sim"};
  SimArguments arguments;
  app.add_option("workload", arguments.workload, "workload.yaml");
  app.add_option("--instance", arguments.instance,
                 "an instance file instead of a workload (.fjs, .jsp, takt-instance JSON)");
  app.add_option("--plan", arguments.plan,
                 "plan.json (none: strict and hybrid make one, the others run without)");
  CLI::Option* const replay = app.add_option(
      "--replay", arguments.replay,
      "a trace of `takt run --trace`: its jobs with the durations measured there");
  app.add_option("--policy", arguments.policy,
                 policy_names() + " (default: hybrid, or hybrid-save when the workload saves "
                                  "energy)");
  app.add_option("--mode", arguments.mode, "mode of the workload (default: the first)");
  app.add_flag("--windows", arguments.windows,
               "plan windows while the mission goes on, as `takt run --windows` does")
      ->excludes(replay);
  app.add_option("--soc", arguments.soc, "soc.yaml (default: this host)");
  app.add_option("--db", arguments.db, "cost database of `takt profile`")->capture_default_str();
  app.add_option("--host", arguments.host, "whose costs, by fingerprint (default: this host's)");
  app.add_option("--estimate", arguments.estimates, estimate_usage())->allow_extra_args(false);
  app.add_option("--modules", arguments.modules,
                 "directory of the compiled modules (default: takt-modules beside the workload)");
  app.add_option("--duration", arguments.duration,
                 "simulated time, in whole windows (default: one window)");
  app.add_option("--seed", arguments.seed, "of all that is random")->capture_default_str();
  app.add_option("--jitter", arguments.jitter, "of durations: " + Jitter::usage())
      ->capture_default_str();
  app.add_option("--fault", arguments.faults, "repeatable:\n" + disturbance_usage())
      ->allow_extra_args(false);
  app.add_option("--thermal", arguments.thermal, "cluster=C,pct=P[,at=T][,for=T]; repeatable")
      ->allow_extra_args(false);
  app.add_option("--trace", arguments.trace, "write plan and simulation for ui.perfetto.dev");
  app.add_flag("--json", arguments.json, "print a machine-readable report");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const Status done = sim(arguments);
  return done ? 0 : report_error("sim", done.error());
}

}  // namespace takt
