// takt bench <suite>: side-by-side figures, all contenders in one run.
#include <cstdlib>
#include <filesystem>

#include "base/time_text.h"
#include "bench/suites.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"

namespace takt {
namespace {

// $TAKT_CACHE/bench, so that a second run finds what the first compiled and measured.
std::string default_work_dir() {
  const char* cache = std::getenv("TAKT_CACHE");
  if (cache && *cache) return std::string(cache) + "/bench";
  return (std::filesystem::temp_directory_path() / "takt-bench").string();
}

void print_checks(const nlohmann::json& report) {
  for (const nlohmann::json& check : report["checks"])
    std::printf("  %-4s %-72s %s (goal %s)\n", check["met"].get<bool>() ? "ok" : "MISS",
                check["figure"].get<std::string>().c_str(), check["value"].dump().c_str(),
                check["goal"].dump().c_str());
}

struct BenchArguments {
  bench::Options options;
  std::string time, peer = "cpsat";
  bool takt_only = false, json = false;
};

void add_work_dir(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--work-dir", arguments.options.work_dir, "where what is made is kept")
      ->capture_default_str();
}

void add_rounds(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--rounds", arguments.options.rounds,
                     "interleaved rounds (0: the suite's default)");
}

void add_threads(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--threads", arguments.options.threads, "of takt, and processors of CP-SAT")
      ->check(CLI::Range(1, 256))->capture_default_str();
}

void add_runtime_options(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  add_rounds(command, arguments);
  command.add_option("--time", arguments.time, "robot time on each device, e.g. 20s");
}

void add_shop_options(CLI::App& command, BenchArguments& arguments) {
  bench::Options& options = arguments.options;
  command.add_option("--dir", options.dir, "published instances, a folder per set")->required();
  command.add_option("--set", options.sets, "only this set (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--instance", options.instances, "only this instance (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--time", arguments.time, "for each instance and solver (default 10s)");
  command.add_option("--checkpoints", options.checkpoints_s, "seconds, e.g. 1,10,60")
      ->delimiter(',')->check(CLI::PositiveNumber);
  command.add_option("--peer", arguments.peer, "cpsat or none")
      ->check(CLI::IsMember({"cpsat", "none"}))->capture_default_str();
  command.add_flag("--takt-only", arguments.takt_only, "the same as --peer none");
  command.add_flag("--record-reference", options.record_reference,
                   "write the best of both solvers where nothing is published (default 300s)");
  add_threads(command, arguments);
  add_rounds(command, arguments);
}

void add_sizes(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  command.add_option("--sizes", arguments.options.sizes, "operations, e.g. 55,180,500,2400,10000")
      ->delimiter(',')->check(CLI::Range(55, 100000));
  command.add_flag("--quick", arguments.options.quick, "a look only: little of everything");
}

void add_robot_options(CLI::App& command, BenchArguments& arguments) {
  add_sizes(command, arguments);
  add_threads(command, arguments);
  command.add_option("--loads", arguments.options.loads, "per cent, e.g. 60,80,95,110")
      ->delimiter(',')->check(CLI::Range(1, 1000));
  command.add_option("--time", arguments.time,
                     "for each instance (default 10s, from 2000 operations 60s)");
  command.add_flag("--record-reference", arguments.options.record_reference,
                   "ten minutes each; the values go to bench/baselines");
}

void add_replan_options(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  command.add_option("--rounds", arguments.options.rounds, "windows (default 200)");
  command.add_option("--time", arguments.time, "of the long solves (default 10s)");
  command.add_flag("--quick", arguments.options.quick, "20 windows, long solves of 1s");
}

void add_policy_options(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  command.add_option("--loads", arguments.options.loads, "per cent, e.g. 50,80,100,120")
      ->delimiter(',')->check(CLI::Range(1, 1000));
  command.add_option("--time", arguments.time, "simulated per cell (default 2s, windows 600s)");
  command.add_flag("--quick", arguments.options.quick, "few loads, little time");
}

void add_learning_options(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  add_rounds(command, arguments);
  command.add_option("--time", arguments.time, "of one plan in one round (default 3s)");
  command.add_flag("--quick", arguments.options.quick, "two rounds of 500ms");
}

void add_published_options(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--file", arguments.options.file,
                     "its numbers (default: examples/published)");
  command.add_flag("--quick", arguments.options.quick, "plans of little search");
}

void add_cotenant_options(CLI::App& command, BenchArguments& arguments) {
  add_work_dir(command, arguments);
  command.add_option("--rounds", arguments.options.rounds, "full runs of each (default 3)");
  command.add_option("--time", arguments.time, "of a run, the co-tenant is there for the middle "
                                               "third (default 120s)");
  command.add_flag("--quick", arguments.options.quick, "one run of 12 s each");
}

void add_idle_time_options(CLI::App& command, BenchArguments& arguments) {
  command.add_option("--rounds", arguments.options.rounds, "cases, by seed (default 50)");
  command.add_flag("--quick", arguments.options.quick, "5 cases");
}

struct Suite {
  const char* name;
  const char* summary;
  void (*add_options)(CLI::App& command, BenchArguments& arguments);
  Result<nlohmann::json> (*run)(const bench::Options& options);
  bool ends_early = false;                                   // keeps what it has on Ctrl-C
  std::string (*table)(const nlohmann::json& report) = nullptr;   // default: the JSON itself
};

constexpr Suite kSuites[] = {
    {"overhead", "what a driver adds to a dispatch and to a call", add_runtime_options,
     bench::overhead},
    {"models", "each example network alone, planned, against IREE's drivers", add_runtime_options,
     bench::models},
    {"robot", "the robot workload against local-task", add_runtime_options, bench::robot},
    {"learning", "how closely plans from the profile and from runs are kept",
     add_learning_options, bench::learning},
    {"policies", "every policy on the robot's load, simulated and on this host",
     add_policy_options, bench::policies, true, bench::policies_table},
    {"xrbench", "XRBench's scenarios in the simulator, every policy, by its score",
     add_published_options, bench::xrbench, true, bench::xrbench_table},
    {"waters", "the WATERS 2019 challenge: deadlines and chain latencies", add_published_options,
     bench::waters, true, bench::waters_table},
    {"cotenant", "the robot at 80 % against local-task, another program on a core meanwhile",
     add_cotenant_options, bench::cotenant},
    {"idle-time", "a plan from a profile 30 times too long for four kernels, simulated",
     add_idle_time_options, bench::idle_time},
    {"executor", "items of a DAG against oneTBB and IREE's task executor", add_rounds,
     bench::executor},
    {"fjsp", "published shop instances against CP-SAT", add_shop_options, bench::fjsp, true,
     bench::fjsp_table},
    {"robot-instances", "the solver on generated robot-class instances", add_robot_options,
     bench::robot_instances, true},
    {"replan", "windows with a committed prefix, replanned in 20 ms", add_replan_options,
     bench::replan, true},
    {"windows", "a window planned at a time while the robot runs, with all that upsets it",
     add_policy_options, bench::windows, true, bench::windows_table},
    {"solver-scaling", "time and memory of the solver's steps by size", add_sizes,
     bench::solver_scaling, true},
};

Status run_suite(const Suite& suite, BenchArguments& arguments) {
  bench::Options& options = arguments.options;
  options.against_cpsat = arguments.peer == "cpsat" && !arguments.takt_only;
  if (!arguments.time.empty()) {
    const std::optional<Nanos> parsed = parse_time(arguments.time);
    if (!parsed || *parsed <= Nanos(0))
      return bad_input("--time: must be a time such as 20s, is '" + arguments.time + "'");
    options.time = *parsed;
  }
  std::optional<InterruptStop> interrupt;
  if (suite.ends_early) options.cancel = interrupt.emplace().token();
  TAKT_ASSIGN(const nlohmann::json report, suite.run(options));
  const bool as_json = arguments.json || !suite.table;
  std::fputs((as_json ? report.dump(2) + '\n' : suite.table(report)).c_str(), stdout);
  if (!arguments.json) print_checks(report);
  return {};
}

}  // namespace

int cmd_bench(int argc, char** argv) {
  CLI::App app{"Side-by-side figures, all contenders in one run", "takt bench"};
  app.require_subcommand(1);
  BenchArguments arguments;
  arguments.options.work_dir = default_work_dir();
  const Suite* chosen = nullptr;
  for (const Suite& suite : kSuites) {
    CLI::App* command = app.add_subcommand(suite.name, suite.summary);
    suite.add_options(*command, arguments);
    command->add_flag("--json", arguments.json, "print the report as JSON");
    command->callback([&chosen, &suite] { chosen = &suite; });
  }
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const Status done = run_suite(*chosen, arguments);
  return done ? 0 : report_error("bench", done.error());
}

}  // namespace takt
