// takt verify plan.json: the independent check of a plan, against the graphs it names or
// against the instance it was made for.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/command_line.h"
#include "cli/commands.h"
#include "model/instance_file.h"
#include "model/json_writer.h"
#include "model/plan_graphs.h"
#include "model/verify.h"

namespace takt {
namespace {

Result<std::vector<Violation>> verify_file(const std::string& path,
                                           const std::string& instance_path, Plan& plan) {
  TAKT_ASSIGN(plan, read_plan(path));
  if (!instance_path.empty()) {
    TAKT_ASSIGN(const Instance instance, read_any_instance(instance_path));
    return verify(plan, instance);
  }
  TAKT_ASSIGN(const std::vector<DispatchGraph> graphs, read_plan_graphs(plan, path));
  return verify(plan, graphs);
}

constexpr size_t kShown = 50;   // the first ones say what is wrong

void print_violations(const std::string& path, const std::vector<Violation>& violations) {
  for (size_t i = 0; i < std::min(kShown, violations.size()); ++i)
    std::fprintf(stderr, "%s: %s\n", path.c_str(), violations[i].what.c_str());
  if (violations.size() > kShown)
    std::fprintf(stderr, "%s: and %zu more; --json lists more\n", path.c_str(),
                 violations.size() - kShown);
}

void print_json(const std::string& path, const Plan& plan,
                const std::vector<Violation>& violations) {
  nlohmann::ordered_json json = {{"plan", path},
                                 {"valid", violations.empty()},
                                 {"operations", plan.operations.size()},
                                 {"violations", nlohmann::ordered_json::array()}};
  for (const Violation& violation : violations) json["violations"].push_back(violation.what);
  std::fputs(write_json(json).c_str(), stdout);
}

}  // namespace

int cmd_verify(int argc, char** argv) {
  CLI::App app{"Check a plan against the graphs it names, or all of it against its instance; "
               "violations are printed",
               "takt verify"};
  std::string path, instance_path;
  bool json = false;
  app.add_option("plan", path, "plan.json")->required();
  app.add_option("--instance", instance_path,
                 "the problem it is a plan of: takt-instance .json, or .fjs, .jsp, .txt");
  app.add_flag("--json", json, "print a machine-readable summary");
  if (const auto exit_code = parse_arguments(app, argc, argv)) return *exit_code;

  Plan plan;
  const Result<std::vector<Violation>> violations = verify_file(path, instance_path, plan);
  if (!violations) return report_error("verify", violations.error());
  if (json) {
    print_json(path, plan, *violations);
  } else {
    print_violations(path, *violations);
    if (violations->empty())
      std::printf("%s: valid, %zu operations on %zu lanes\n", path.c_str(),
                  plan.operations.size(), plan.lanes.size());
  }
  return violations->empty() ? 0 : 1;
}

}  // namespace takt
