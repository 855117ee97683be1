// takt doctor: what is installed, what is missing, what this host can promise.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/build_info.h"
#include "cli/command_line.h"
#include "cli/commands.h"
#include "cli/host_check.h"
#include "model/json_writer.h"

namespace takt {
namespace {

void print(const std::vector<Finding>& findings) {
  std::printf("takt %s\n", kTaktVersion);
  size_t width = 0;
  for (const Finding& finding : findings) width = std::max(width, finding.name.size());
  std::string topic;
  for (const Finding& finding : findings) {
    if (finding.topic != topic) std::printf("%s\n", (topic = finding.topic).c_str());
    const char* mark = finding.state == Finding::State::kGood      ? " "
                       : finding.state == Finding::State::kCaution ? "!"
                                                                   : "X";
    std::printf(" %s %-*s  %s\n", mark, static_cast<int>(width), finding.name.c_str(),
                finding.value.c_str());
    if (!finding.advice.empty())
      std::printf("   %-*s  %s\n", static_cast<int>(width), "", finding.advice.c_str());
  }
}

void print_json(const std::vector<Finding>& findings) {
  nlohmann::ordered_json json = {{"takt_version", kTaktVersion},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const Finding& finding : findings)
    json["findings"].push_back({{"topic", finding.topic},
                                {"name", finding.name},
                                {"value", finding.value},
                                {"state", name_of(finding.state)},
                                {"advice", finding.advice}});
  std::fputs(write_json(json).c_str(), stdout);
}

}  // namespace

int cmd_doctor(int argc, char** argv) {
  CLI::App app{"What is installed, what is missing, what this host can promise; exit code 1 "
               "when something needed is missing",
               "takt doctor"};
  bool json = false;
  app.add_flag("--json", json, "print a machine-readable report");
  if (const auto exit_code = parse_arguments(app, argc, argv)) return *exit_code;

  std::vector<Finding> findings = check_installation();
  for (Finding& finding : check_host()) findings.push_back(std::move(finding));
  if (json)
    print_json(findings);
  else
    print(findings);
  const bool missing = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.state == Finding::State::kMissing;
  });
  return missing ? 1 : 0;
}

}  // namespace takt
