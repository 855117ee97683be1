// windows: plans made a window at a time while the mission runs, in the simulator on
// robot-2x4-npu: loads up to overload, and what upsets a mission: jitter, thermal steps, the NPU
// lost for 200 ms, a lane lost, changes of the mission's mode.
//
// `feasible` says that no hyperperiod needs a hard miss: in each some policy had none, or a
// clairvoyant plan (made with the durations, speeds and lanes that really are) has none.
#include <algorithm>
#include <cstdio>
#include <map>
#include <optional>

#include "bench/measure.h"
#include "bench/policies.h"
#include "bench/robot_case.h"
#include "bench/suites.h"
#include "bench/windows_run.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr uint64_t kSeed = 20261124;
constexpr size_t kJudged = 200;        // hyperperiods that a clairvoyant is asked about, at most

struct Contender {
  const char* name;
  const char* policy;
  bool replans;
};
constexpr Contender kContenders[] = {{"strict", "strict", false},
                                     {"hybrid", "hybrid", true},
                                     {"hybrid without replanning", "hybrid", false},
                                     {"jobshop", "jobshop", false},
                                     {"dynamic", "dynamic", false}};

// Asks the clairvoyant about the hyperperiods in which all runs have a hard miss.
bool is_feasible(const SimCase& which, const Upset& upset, const std::vector<WindowsRun>& runs) {
  std::set<int64_t> all = runs.front().bad_windows;
  for (const WindowsRun& run : runs) {
    std::set<int64_t> both;
    std::set_intersection(all.begin(), all.end(), run.bad_windows.begin(), run.bad_windows.end(),
                          std::inserter(both, both.begin()));
    all = std::move(both);
  }
  return all.size() <= kJudged && std::all_of(all.begin(), all.end(), [&](int64_t window) {
           return clairvoyant(which, upset, kSeed, window)[Level::kHardMisses] == 0;
         });
}

Status add_cells(const SimCase& planned, int load, const Upset& upset, int64_t windows,
                 Json& report) {
  std::vector<WindowsRun> runs;
  for (const Contender& contender : kContenders) {
    TAKT_ASSIGN(const Policy* const policy, find_policy(contender.policy));
    SimCase which = planned;
    if (!needs_plan(*policy)) which.plan.reset();
    RunOptions options{policy, contender.replans, kSeed, windows};
    TAKT_ASSIGN(WindowsRun run, run_windows(which, upset, options));
    runs.push_back(std::move(run));
  }
  const bool feasible = is_feasible(planned, upset, runs);
  for (size_t c = 0; c < runs.size(); ++c) {
    const WindowsRun& run = runs[c];
    report["cells"].push_back({{"load_pct", load},
                               {"disturbance", upset.name},
                               {"policy", kContenders[c].name},
                               {"feasible", feasible},
                               {"hard_misses", run.hard_misses},
                               {"firm_misses", run.firm_misses},
                               {"soft_misses", run.soft_misses},
                               {"lost", run.lost},
                               {"recovery_windows", run.recovery_windows},
                               {"replans", run.replans},
                               {"plans", run.plans},
                               {"plans_late", run.plans_late},
                               {"planner_p99_ms", run.planner_p99.ms()}});
    std::fprintf(stderr, "%3d %% %-10s %-26s hard %lld firm %lld recovery %lld replans %llu\n",
                 load, upset.name.c_str(), kContenders[c].name,
                 static_cast<long long>(run.hard_misses), static_cast<long long>(run.firm_misses),
                 static_cast<long long>(run.recovery_windows),
                 static_cast<unsigned long long>(run.replans));
  }
  return {};
}

Json check(const std::string& figure, Json value, Json goal, bool met) {
  return {{"figure", figure}, {"value", std::move(value)}, {"goal", std::move(goal)}, {"met", met}};
}

// Per load and disturbance, of hybrid beside the others.
void add_checks(Json& report) {
  std::map<std::string, std::pair<const Json*, int64_t>> groups;   // hybrid, firm of the others
  for (const Json& cell : report["cells"]) {
    const std::string name = std::to_string(cell["load_pct"].get<int>()) + " % " +
                             cell["disturbance"].get<std::string>();
    auto& [hybrid, firm] = groups.try_emplace(name, nullptr, INT64_MAX).first->second;
    if (cell["policy"] == "hybrid") hybrid = &cell;
    else firm = std::min(firm, cell["firm_misses"].get<int64_t>());
  }
  for (const auto& [name, group] : groups) {
    const Json& cell = *group.first;
    const auto value = [&](const char* key) { return cell[key].get<int64_t>(); };
    if (cell["feasible"])
      report["checks"].push_back(check("hybrid's hard misses, " + name, value("hard_misses"), 0,
                                       value("hard_misses") == 0));
    report["checks"].push_back(check("hybrid's firm misses, " + name, value("firm_misses"),
                                     group.second, value("firm_misses") <= group.second));
    report["checks"].push_back(check("hybrid's recovery, windows, " + name,
                                     value("recovery_windows"), 1,
                                     value("recovery_windows") <= 1));
  }
}

}  // namespace

Result<Json> windows(const Options& options) {
  std::vector<int> loads = options.loads;
  if (loads.empty())
    loads = options.quick ? std::vector{80, 100} : std::vector{60, 70, 80, 90, 100, 110};
  const Nanos time = options.time > Nanos(0) ? options.time : seconds(options.quick ? 5 : 600);
  Json report = {{"suite", "windows"}, {"machine", machine()}, {"seed", kSeed},
                 {"seconds", time.ms() / 1e3}, {"cells", Json::array()},
                 {"plans", Json::array()}, {"checks", Json::array()}};
  for (const int load : loads) {
    TAKT_ASSIGN(const SimCase which, planned_robot(load, options));
    report["plans"].push_back({{"load_pct", load},
                               {"hyperperiod_ms", which.instance.horizon.ms()},
                               {"no_hard_miss", has_no_hard_miss(*which.plan)},
                               {"unplanned", which.unplanned}});
    const int64_t windows = std::max<int64_t>(1, time / which.instance.horizon);
    for (const Upset& upset : upsets(which, time)) {
      if (options.cancel.stop_requested()) break;
      TAKT_TRY(add_cells(which, load, upset, windows, report));
    }
  }
  add_checks(report);
  return report;
}

std::string windows_table(const Json& report) {
  std::string text = "load  disturbance policy                      feasible     hard     firm  "
                     "   soft  recovery  replans  planner p99\n";
  for (const Json& c : report["cells"]) {
    char line[200];
    const auto number = [&](const char* key) {
      return static_cast<long long>(c[key].get<int64_t>());
    };
    std::snprintf(line, sizeof line,
                  "%3d %% %-11s %-26s %-8s %8lld %8lld %8lld %9lld %8lld %9.2f ms\n",
                  c["load_pct"].get<int>(), c["disturbance"].get<std::string>().c_str(),
                  c["policy"].get<std::string>().c_str(), c["feasible"].get<bool>() ? "yes" : "no",
                  number("hard_misses"), number("firm_misses"), number("soft_misses"),
                  number("recovery_windows"), number("replans"),
                  c["planner_p99_ms"].get<double>());
    text += line;
  }
  return text;
}

}  // namespace takt::bench
