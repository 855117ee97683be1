// takt demo: the main job end to end on this machine, in one screen.
#include <nlohmann/json.hpp>

#include "app/demo.h"
#include "app/report.h"
#include "base/time_text.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/interrupt.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const DemoOutcome& outcome) {
  Json json{{"bit_identical", outcome.bit_identical},
            {"operations", outcome.planned.plan.operations.size()},
            {"policy", outcome.policy},
            {"plan", plan_json(outcome.planned.plan)},
            {"conformance", conformance_json(outcome.conformance)},
            {"tasks", tasks_json(outcome.runs.front().tasks)},
            {"against", Json::object()},
            {"files", {{"workload", outcome.workload_path},
                       {"plan", outcome.plan_path},
                       {"trace", outcome.trace_path},
                       {"costs", outcome.db_path}}}};
  for (size_t i = 1; i < outcome.runs.size(); ++i)
    json["against"][outcome.runs[i].name] = {{"tasks", tasks_json(outcome.runs[i].tasks)}};
  return json;
}

void print(const DemoOutcome& outcome) {
  const Plan& plan = outcome.planned.plan;
  std::printf("\nRobot workload: %zu tasks, %zu operations in a window of %s\n",
              plan.tasks.size(), plan.operations.size(), duration_text(plan.window).c_str());
  for (const ObjectiveLevel& level : plan.objective)
    std::printf("  plan: %-18s %14lld   bound %14lld   %s\n", level.name.c_str(),
                static_cast<long long>(level.value), static_cast<long long>(level.bound),
                std::string(name_of(level.proof)).c_str());
  std::printf("\nEvery output compared with stock IREE (local-sync): %s\n",
              outcome.bit_identical ? "bit-identical" : "DIFFERENT");
  if (!outcome.warning.empty()) std::printf("note: %s\n", outcome.warning.c_str());
  std::vector<DriverFigures> drivers;
  for (const DeviceRun& run : outcome.runs) drivers.push_back({run.name, run.tasks});
  std::printf("\n%s", tasks_table(drivers).c_str());
  std::printf("\nConformance to the plan (policy %s)\n%s", outcome.policy.c_str(),
              conformance_text(outcome.conformance).c_str());
  std::printf("  lanes busy:%s",
              lanes_text(utilisation(outcome.runs.front().traces.front())).c_str());
  std::printf("\n  plan   %s\n  trace  %s   (open in ui.perfetto.dev)\n  costs  %s\n",
              outcome.plan_path.c_str(), outcome.trace_path.c_str(), outcome.db_path.c_str());
}

}  // namespace

int cmd_demo(int argc, char** argv) {
  CLI::App app{"The main job end to end on this machine", "takt demo"};
  DemoOptions options;
  options.dir = "takt-demo";
  std::string duration = "6s";
  bool json = false;
  app.add_option("-o,--output", options.dir, "directory for everything it makes")
      ->capture_default_str();
  app.add_option("--duration", duration, "robot time on each device")->capture_default_str();
  app.add_flag("--json", json, "print a machine-readable report");
  if (const auto code = parse_arguments(app, argc, argv)) return *code;
  const std::optional<Nanos> parsed = parse_time(duration);
  if (!parsed || *parsed <= Nanos(0))
    return report_error("demo", bad_input("--duration " + duration + ": not a time; write 10s"));
  options.duration = *parsed;
  options.stop = &stop_on_interrupt();
  options.step = [](const std::string& step) { std::fprintf(stderr, "takt: %s\n", step.c_str()); };

  const Result<DemoOutcome> outcome = run_demo(options);
  if (!outcome) return report_error("demo", outcome.error());
  if (json) std::printf("%s\n", json_of(*outcome).dump(2).c_str());
  else print(*outcome);
  return outcome->bit_identical ? 0 : 1;
}

}  // namespace takt
