// robot-instances: the solver on generated robot-class instances (examples/instances) by size
// and load: first plan, and value and bound of every level over time; free widths beside the
// best plan with fixed ones.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "app/build_info.h"
#include "base/file.h"
#include "bench/level_run.h"
#include "bench/measure.h"
#include "bench/robot_case.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

// Large instances have a minute, as the goals say.
Nanos time_for(int ops, const Options& options) {
  if (options.time > Nanos(0)) return options.time;
  if (options.quick) return seconds(1);
  return ops >= 2000 ? seconds(60) : seconds(10);
}

Json json_of(const RobotCase& which, const LevelRun& run, Nanos time) {
  Json json = {{"instance", which.name()},
               {"operations", which.ops},
               {"load_pct", which.load_pct},
               {"first_plan_ms", run.scores.empty() ? Json() : Json(run.scores[0].first.ms())},
               {"time_to_best_s", run.result.best_at.ms() / 1e3},
               {"total_s", run.result.total.ms() / 1e3},
               {"memory_bytes", run.result.memory_bytes},
               {"exact", run.result.exact},
               {"overrun_ns", run.result.score.overrun.ns},
               {"at", Json::array()}};
  for (const double s : {0.1, 1.0, 10.0, 60.0})
    if (const Nanos at(static_cast<int64_t>(s * 1e9)); at <= time)
      json["at"].push_back({{"s", s}, {"levels", run.levels_at(at)}});
  for (const ObjectiveLevel& level : run.result.levels)
    json["levels"].push_back({{"name", level.name},
                              {"value", level.value},
                              {"bound", level.bound},
                              {"gap_pct", level.gap_pct()},
                              {"status", name_of(level.proof)}});
  return json;
}

// Whether `a` is worse than `b`, level by level.
bool worse(const SolveResult& a, const SolveResult& b) {
  for (size_t i = 0; i < a.levels.size(); ++i)
    if (a.levels[i].value != b.levels[i].value) return a.levels[i].value > b.levels[i].value;
  return false;
}

Json check(const std::string& figure, Json value, Json goal, bool met) {
  return {{"figure", figure}, {"value", std::move(value)}, {"goal", std::move(goal)},
          {"met", met}};
}

std::string reference_of_robots() {
  return source_dir() + "/bench/baselines/robot_reference.json";
}

// Levels of a recorded long run of the instance; null when there is none.
Json recorded(const std::string& name) {
  const Result<std::string> text = read_file(reference_of_robots());
  if (!text) return nullptr;
  const Json all = Json::parse(*text, nullptr, false);
  return all.is_object() ? all.value("instances", Json::object()).value(name, Json()) : Json();
}

// How far the worst level is from what is known to be possible or impossible, in per cent:
// from its bound, or from a recorded run if that is nearer.
double distance_pct(const std::string& name, const SolveResult& result) {
  const Json reference = recorded(name);
  double worst = 0;
  for (const ObjectiveLevel& level : result.levels) {
    double distance = level.gap_pct();
    if (reference.contains(level.name)) {
      const double value = static_cast<double>(level.value);
      const double best = reference[level.name].get<double>();
      distance = std::min(distance, 100 * std::max(0.0, value - best) / std::max(value, 1.0));
    }
    worst = std::max(worst, distance);
  }
  return worst;
}

void add_checks(const RobotCase& which, const LevelRun& run, Json& checks) {
  const std::string name = which.name();
  const double first_ms = run.scores.empty() ? 1e9 : run.scores[0].first.ms();
  if (which.ops <= 1000)
    checks.push_back(check(name + ": first plan, ms", first_ms, 5, first_ms < 5));
  if (which.ops == 10000)
    checks.push_back(check(name + ": first plan, ms", first_ms, 100, first_ms < 100));
  if (which.ops == 180) {
    const Json levels = run.levels_at(seconds(10));
    const double gap = levels.is_null() ? 100 : worst_gap_pct(levels);
    checks.push_back(check(name + ": worst gap of a level, %", gap, 1, gap <= 1));
  }
  if (which.ops == 2400) {
    const double distance = distance_pct(name, run.result);
    checks.push_back(check(name + ": worst level from bound or 10-minute run, %", distance, 2,
                           distance <= 2));
  }
}

// The best of one run per width.
Result<SolveResult> best_fixed(RobotCase which, const Options& options, const RunLimits& limits) {
  std::optional<SolveResult> best;
  for (const int width : {1, 2, 4}) {
    which.fixed_width = width;
    TAKT_ASSIGN(const Instance instance, generate(which, options));
    TAKT_ASSIGN(LevelRun run, run_levels(instance, limits));
    if (!best || worse(*best, run.result)) best = std::move(run.result);
  }
  return *best;
}

Status run_case(const RobotCase& which, const Options& options, Json& report, Json& reference) {
  RunLimits limits;
  limits.time = options.record_reference ? seconds(600) : time_for(which.ops, options);
  limits.threads = options.threads;
  limits.cancel = options.cancel;
  TAKT_ASSIGN(const Instance instance, generate(which, options));
  TAKT_ASSIGN(const LevelRun run, run_levels(instance, limits));
  if (options.cancel.stop_requested()) return {};
  Json json = json_of(which, run, limits.time);
  add_checks(which, run, report["checks"]);
  for (const ObjectiveLevel& level : run.result.levels)
    reference[which.name()][level.name] = level.value;
  if (!options.record_reference && which.ops <= 500) {
    TAKT_ASSIGN(const SolveResult fixed, best_fixed(which, options, limits));
    if (options.cancel.stop_requested()) return {};
    for (const ObjectiveLevel& level : fixed.levels)
      json["best_fixed_width"].push_back({{"name", level.name}, {"value", level.value}});
    const bool is_worse = worse(run.result, fixed);
    report["checks"].push_back(check(which.name() + ": free widths worse than the best fixed",
                                     is_worse, false, !is_worse));
  }
  std::fprintf(stderr, "%-16s first plan %.2f ms, worst gap %.2f %%\n", which.name().c_str(),
               run.scores.empty() ? 0 : run.scores[0].first.ms(),
               worst_gap_pct(json["levels"]));
  report["instances"].push_back(std::move(json));
  return {};
}

}  // namespace

Result<Json> robot_instances(const Options& options) {
  std::vector<int> sizes = options.sizes, loads = options.loads;
  if (sizes.empty())
    sizes = options.quick ? std::vector{55, 180} : std::vector{55, 180, 500, 2400, 10000};
  if (loads.empty()) loads = options.quick ? std::vector{80} : std::vector{60, 80, 95, 110};
  Json report = {{"suite", "robot-instances"}, {"machine", machine()},
                 {"threads", options.threads}, {"instances", Json::array()},
                 {"checks", Json::array()}};
  Json reference = Json::object();
  for (const int ops : sizes)
    for (const int load : loads)
      if (!options.cancel.stop_requested())
        TAKT_TRY(run_case({ops, load}, options, report, reference));
  if (options.record_reference) {
    TAKT_TRY(make_directories(
        std::filesystem::path(reference_of_robots()).parent_path().string()));
    TAKT_TRY(write_file(reference_of_robots(), Json{{"what", "values after ten minutes"},
                                                    {"machine", machine()},
                                                    {"threads", options.threads},
                                                    {"instances", reference}}
                                                       .dump(2) + '\n'));
  }
  return report;
}

}  // namespace takt::bench
