// takt plan workload.yaml --soc soc.yaml --db costs.sqlite -o plan.json
#include <nlohmann/json.hpp>

#include "app/announced.h"
#include "app/plan_report.h"
#include "app/planning.h"
#include "app/report.h"
#include "base/file.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cost/estimate.h"
#include "cost/host.h"
#include "model/workload_change.h"
#include "solve/exact/cpsat_library.h"
#include "trace/ascii_gantt.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

struct PlanArguments {
  std::string workload, mode, soc, output, modules, host, time, objective;
  std::string db = "costs.sqlite";
  std::string durations;
  std::vector<std::string> estimates;
  uint64_t seed = 1;
  int64_t steps = 0;
  int threads = 1;
  bool explain = false, json = false;
};

Json json_of(const PlannedWorkload& planned, const std::string& path) {
  const Explanation& explanation = planned.explanation;
  Json json = {{"plan", path},
               {"instance_hash", planned.plan.instance_hash},
               {"operations", planned.plan.operations.size()},
               {"window_ns", explanation.window.ns},
               {"solve_time_ns", planned.plan.provenance.solve_time.ns},
               {"seed", planned.plan.provenance.seed},
               {"objective", Json::array()},
               {"tasks", Json::array()},
               {"admission", admission_json(planned.admission)},
               {"lanes", Json::array()},
               {"unplanned", Json::array()}};
  for (const ObjectiveLevel& level : planned.plan.objective)
    json["objective"].push_back({{"name", level.name},
                                 {"value", level.value},
                                 {"bound", level.bound},
                                 {"proof", name_of(level.proof)},
                                 {"gap_pct", level.gap_pct()}});
  for (const TaskReport& report : explanation.tasks) {
    const InstanceTask& task = planned.instance.tasks[report.task.value()];
    const bool bounded = report.slack_min != Nanos::max();
    json["tasks"].push_back({{"name", task.name},
                             {"criticality", name_of(task.criticality)},
                             {"jobs", report.jobs},
                             {"late", report.late},
                             {"impossible", report.impossible},
                             {"response_max_ns", report.response_max.ns},
                             {"slack_min_ns", bounded ? Json(report.slack_min.ns) : Json()}});
  }
  for (const LaneReport& lane : explanation.lanes)
    json["lanes"].push_back({{"name", planned.instance.lane_names[lane.lane.value()]},
                             {"busy_ns", lane.busy.ns},
                             {"load", lane.load}});
  for (const UnplannedTask& task : planned.unplanned)
    json["unplanned"].push_back(
        {{"name", planned.instance.tasks[task.task.value()].name}, {"reason", task.reason}});
  return json;
}

void print(const PlannedWorkload& planned, const CompiledWorkload& compiled,
           const PlanArguments& arguments) {
  std::printf("%s: %zu operations of %zu jobs in %s, planned in %s\n", arguments.output.c_str(),
              planned.plan.operations.size(), planned.instance.jobs.size(),
              duration_text(planned.explanation.window).c_str(),
              duration_text(planned.plan.provenance.solve_time).c_str());
  std::fputs(objective_text(planned.plan).c_str(), stdout);
  std::fputs(summary_text(planned.instance, planned.explanation).c_str(), stdout);
  for (const UnplannedTask& task : planned.unplanned)
    std::printf("  %s runs unplanned: %s\n",
                planned.instance.tasks[task.task.value()].name.c_str(), task.reason.c_str());
  std::fputs(text_of(planned.admission).c_str(), stdout);
  if (!arguments.explain) return;
  std::fputs(ascii_gantt(planned.plan).c_str(), stdout);
  std::fputs(chains_text(planned.instance, planned.plan, planned.explanation,
                         compiled.graphs()).c_str(), stdout);
  std::fputs(planned.diagnosis.c_str(), stdout);
}

Result<PlanningOptions> options_of(const PlanArguments& arguments) {
  PlanningOptions options;
  options.plan_path = arguments.output;
  options.host = arguments.host.empty() ? host_fingerprint() : arguments.host;
  options.solve.seed = arguments.seed;
  options.solve.threads = arguments.threads;
  if (arguments.steps > 0 && !arguments.time.empty())
    return bad_input("--time: a search of --steps looks at no clock; give one of them");
  if (!arguments.objective.empty()) {
    Result<Objective> objective = parse_objective(arguments.objective);
    if (!objective) return bad_input("--objective: " + objective.error().message);
    options.solve.objective = std::move(*objective);
  }
  const Result<DurationRules> rules =
      parse_duration_rules(arguments.durations, options.instance.modes.durations);
  if (!rules) return bad_input("--durations: " + rules.error().message);
  options.instance.modes.durations = *rules;
  if (arguments.steps > 0) {
    options.solve.steps = arguments.steps;
    options.patient = false;
  }
  if (arguments.time.empty()) return options;
  const std::optional<Nanos> limit = parse_time(arguments.time);
  if (!limit || *limit <= Nanos(0))
    return bad_input("--time: must be a time such as 500ms or 2s, is '" + arguments.time + "'");
  options.solve.steps = 0;
  options.solve.time_limit = *limit;
  options.solve.cpsat_library = exact::CpSatLibrary::default_path();
  return options;
}

Status plan(const PlanArguments& arguments) {
  TAKT_ASSIGN(const PlanningOptions options, options_of(arguments));
  TAKT_ASSIGN(const Workload workload, read_workload(arguments.workload));
  TAKT_ASSIGN(const Soc soc, arguments.soc.empty() ? detect_soc() : read_soc(arguments.soc));
  const std::string modules = arguments.modules.empty() ? default_module_dir(arguments.workload)
                                                        : arguments.modules;
  TAKT_ASSIGN(CostTable costs, read_costs(arguments.db, options.host));
  for (const std::string& estimate : arguments.estimates)
    TAKT_TRY(add_estimate(estimate, costs));
  TAKT_ASSIGN(CompiledWorkload compiled, compile_workload(workload, modules));
  TAKT_ASSIGN(compiled.workload,
              active_workload(workload, begin_mode(workload, arguments.mode)));
  TAKT_ASSIGN(const PlannedWorkload planned, plan_workload(compiled, soc, costs, options));
  TAKT_TRY(check_throttling(compiled.workload, planned.instance, arguments.workload));
  TAKT_TRY(write_file(arguments.output, write_plan(planned.plan)));
  if (arguments.json)
    std::printf("%s\n", json_of(planned, arguments.output).dump(2).c_str());
  else
    print(planned, compiled, arguments);
  return {};
}

}  // namespace

int cmd_plan(int argc, char** argv) {
  CLI::App app{"Plan one window of a workload: start, lanes and width of every operation",
               "takt plan"};
  PlanArguments arguments;
  app.add_option("workload", arguments.workload, "workload.yaml")->required();
  app.add_option("--mode", arguments.mode, "mode of the workload (default: the first)");
  app.add_option("--soc", arguments.soc, "soc.yaml (default: this host)");
  app.add_option("--db", arguments.db, "cost database of `takt profile`")->capture_default_str();
  app.add_option("-o,--output", arguments.output, "plan.json")->required();
  app.add_option("--modules", arguments.modules,
                 "directory of the compiled modules (default: takt-modules beside the workload)");
  app.add_option("--host", arguments.host, "whose costs, by fingerprint (default: this host's)");
  app.add_option("--estimate", arguments.estimates, estimate_usage())
      ->allow_extra_args(false);
  app.add_option("--durations", arguments.durations,
                 "what measured durations count as, by criticality: median, p95 or max, with a "
                 "margin in per cent, e.g. hard=p95+10 (default: hard=p95, the others median)");
  app.add_option("--time", arguments.time,
                 "search that long, e.g. 2s (default: steps for some tenths of a second)");
  app.add_option("--steps", arguments.steps, "search that many steps: same seed, same plan")
      ->check(CLI::PositiveNumber);
  app.add_option("--threads", arguments.threads, "of the search")
      ->check(CLI::Range(1, 256))->capture_default_str();
  app.add_option("--seed", arguments.seed, "of the search");
  app.add_option("--objective", arguments.objective,
                 "levels, most important first, each with an optional tolerance, e.g. "
                 "hard_misses,chain_latency:1%,makespan (default: those that apply)");
  app.add_flag("--explain", arguments.explain,
               "draw the plan, print the critical chain of every task and why jobs are late");
  app.add_flag("--json", arguments.json, "print a machine-readable summary");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const Status done = plan(arguments);
  return done ? 0 : report_error("plan", done.error());
}

}  // namespace takt
