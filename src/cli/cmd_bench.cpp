// takt bench <suite>: side-by-side figures, all contenders in one run.
#include <cstdlib>
#include <filesystem>

#include "base/time_text.h"
#include "bench/suites.h"
#include "cli/command_line.h"
#include "cli/commands.h"

namespace takt {
namespace {

struct Suite {
  const char* name;
  const char* summary;
  Result<nlohmann::json> (*run)(const bench::Options& options);
};

constexpr Suite kSuites[] = {
    {"overhead", "what a driver adds to a dispatch and to a call", bench::overhead},
    {"models", "each example network alone, planned, against IREE's drivers", bench::models},
    {"robot", "the robot workload against local-task", bench::robot},
};

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

}  // namespace

int cmd_bench(int argc, char** argv) {
  CLI::App app{"Side-by-side figures, all contenders in one run", "takt bench"};
  app.require_subcommand(1);
  bench::Options options;
  options.work_dir = default_work_dir();
  std::string time;
  bool json = false;
  const Suite* chosen = nullptr;
  for (const Suite& suite : kSuites) {
    CLI::App* command = app.add_subcommand(suite.name, suite.summary);
    command->add_option("--work-dir", options.work_dir, "where compiled modules and costs are kept")
        ->capture_default_str();
    command->add_option("--rounds", options.rounds, "interleaved rounds (0: the suite's default)");
    command->add_option("--time", time, "robot time on each device, e.g. 20s");
    command->add_flag("--json", json, "print the report as JSON");
    command->callback([&chosen, &suite] { chosen = &suite; });
  }
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  if (!time.empty()) {
    const std::optional<Nanos> parsed = parse_time(time);
    if (!parsed) return report_error("bench", bad_input("--time " + time + ": not a time"));
    options.time = *parsed;
  }
  const Result<nlohmann::json> report = chosen->run(options);
  if (!report) return report_error("bench", report.error());
  if (json) {
    std::printf("%s\n", report->dump(2).c_str());
  } else {
    std::printf("%s\n", nlohmann::json(*report).dump(2).c_str());
    print_checks(*report);
  }
  return 0;
}

}  // namespace takt
