#include "cli/run_options.h"

#include "app/planning.h"

namespace takt {
namespace {

// The same words as in a device URI: one place knows what is right.
Status set(DeviceOptions& options, const char* flag, const char* name, const std::string& value) {
  if (value.empty()) return {};
  const Status done = set_option(options, name, value);
  return done.ok() ? done : bad_input(std::string(flag) + ": " + done.error().message);
}

std::string policy_of(const RunArguments& arguments, const Workload& workload) {
  if (!arguments.policy.empty()) return arguments.policy;
  if (arguments.plan.empty() && !arguments.windows) return "dynamic";
  return policy_for_plans(workload);
}

}  // namespace

void add_run_options(CLI::App& app, RunArguments& arguments) {
  app.add_option("workload", arguments.workload, "workload.yaml")->required();
  app.add_option("--mode", arguments.mode, "mode of the workload to begin in (default: the first)");
  app.add_option("--plan", arguments.plan, "plan.json (none: everything is scheduled as it comes)");
  app.add_option("--policy", arguments.policy,
                 "pinned, dynamic, jobshop, strict, hybrid, hybrid-save (default: dynamic; with a "
                 "plan or --windows hybrid, or hybrid-save when the workload saves energy)");
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
  app.add_option("--watch", arguments.watch,
                 "a lane that makes no progress for so long is lost; 0: nobody watches")
      ->capture_default_str();
  app.add_option("--helps", arguments.helps,
                 "whose planned work a lane may take: anybody, cluster, nobody")
      ->capture_default_str();
  app.add_flag("--lock-memory", arguments.lock_memory, "no page fault after start");
  app.add_option("--timer-slack", arguments.timer_slack,
                 "how late the kernel may wake a lane, e.g. 1us (default: as it is)");
  app.add_option("--db", arguments.db,
                 "cost database, for --learn, --windows and changes with `takt ctl`")
      ->capture_default_str();
  app.add_option("--control", arguments.control,
                 "path of the control socket (default: where `takt ctl` looks)");
  app.add_flag("--no-control", arguments.no_control, "no control socket: nobody may change the run")
      ->excludes("--control");
  app.add_flag("--learn", arguments.learn,
               "record what the run measures into --db for the next plan, every few seconds (no "
               "control socket)");
  app.add_flag("--windows", arguments.windows,
               "plan the next window while one runs, from the costs in --db (docs/windows.md); "
               "without --plan the first is planned before the start");
  app.add_flag("--json", arguments.json, "print a machine-readable report");
}

Result<DeviceOptions> device_options(const RunArguments& arguments, const Plan& plan,
                                     const Soc& soc, const CompiledWorkload& compiled) {
  DeviceOptions options = mission_device_options(compiled, soc, arguments.plan);
  options.policy = policy_of(arguments, compiled.workload);
  options.realtime = !arguments.no_realtime;
  options.topology = true;
  options.lock_memory = arguments.lock_memory;
  TAKT_TRY(set(options, "--watch", "watch", arguments.watch));
  TAKT_TRY(set(options, "--helps", "helps", arguments.helps));
  TAKT_TRY(set(options, "--timer-slack", "timer_slack", arguments.timer_slack));
  if (!arguments.plan.empty() && plan.lanes.size() > options.cpus.size())
    return bad_input(arguments.plan + ": is for " + std::to_string(plan.lanes.size()) +
                     " lanes, the SoC has " + std::to_string(options.cpus.size()) + " cores");
  return options;
}

}  // namespace takt
