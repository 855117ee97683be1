// replan: windows of 200 operations with a committed prefix, one thread: how long until there
// is a valid plan, and how good the plan of 20 ms is beside that of a 10 s solve.
#include <algorithm>
#include <cstdio>

#include "base/clock.h"
#include "bench/level_run.h"
#include "bench/measure.h"
#include "bench/robot_case.h"
#include "bench/suites.h"
#include "solve/replan.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr int kOps = 200, kCommittedPct = 40;
constexpr Nanos kBudget = millis(20);

struct Replanned {
  Nanos first, total;                  // since before the Problem was laid out
  std::vector<ObjectiveLevel> levels;
};

// kFailed when verify() rejects a plan.
Result<Replanned> replanned(const Instance& instance) {
  const Nanos begin = monotonic_now();
  const Problem problem(instance);
  Replanner replanner(problem, {});
  SolveResult first, last;
  first.schedule = replanner.first(nullptr);
  Replanned out;
  out.first = monotonic_now() - begin;
  last.schedule = replanner.improve(begin + kBudget);
  out.total = monotonic_now() - begin;
  for (SolveResult* result : {&first, &last}) {
    result->score = score_of(problem, result->schedule);
    for (const LevelSpec& spec : default_objective(instance))
      result->levels.push_back({std::string(name_of(spec.level)), result->score[spec.level]});
    if (result->score.overrun == Nanos(0)) TAKT_TRY(check_plan(problem, *result, {}));
  }
  out.levels = last.levels;
  return out;
}

Json distribution_ms(const std::vector<Nanos>& samples) {
  return {{"p50", quantile(samples, 0.5).ms()},
          {"p90", quantile(samples, 0.9).ms()},
          {"p99", quantile(samples, 0.99).ms()},
          {"max", quantile(samples, 1).ms()}};
}

Json check(const std::string& figure, double value, double goal) {
  return {{"figure", figure}, {"value", value}, {"goal", goal}, {"met", value < goal}};
}

}  // namespace

Result<Json> replan(const Options& options) {
  const int windows = options.rounds > 0 ? options.rounds : (options.quick ? 20 : 200);
  const int every = options.quick ? 10 : 20;    // the windows that are also solved at length
  const RunLimits at_length{
      options.time > Nanos(0) ? options.time : seconds(options.quick ? 1 : 10), 1, 1,
      options.cancel};
  std::vector<Nanos> first, total;
  std::vector<double> behind;
  for (int window = 0; window < windows; ++window) {
    TAKT_ASSIGN(const Instance instance,
                generate({kOps, 60 + window % 5 * 10, 0, kCommittedPct, window + 1}, options));
    if (options.cancel.stop_requested()) break;
    TAKT_ASSIGN(const Replanned run, replanned(instance));
    first.push_back(run.first);
    total.push_back(run.total);
    if (window % every != 0) continue;
    TAKT_ASSIGN(const LevelRun reference, run_levels(instance, at_length));
    if (options.cancel.stop_requested()) break;
    behind.push_back(behind_pct(run.levels, reference.result.levels));
    std::fprintf(stderr, "window %3d: first plan %.3f ms, 20 ms plan %.2f %% behind\n", window,
                 first.back().ms(), behind.back());
  }
  if (first.empty() || behind.empty()) return failed("replan: interrupted before any window");
  std::sort(behind.begin(), behind.end());
  const double first_p99 = quantile(first, 0.99).ms();
  return Json{{"suite", "replan"},
              {"machine", machine()},
              {"operations", kOps},
              {"committed_pct_of_window", kCommittedPct},
              {"windows", first.size()},
              {"valid_plan_ms", distribution_ms(first)},
              {"total_ms", distribution_ms(total)},
              {"behind_long_solve_pct", behind},
              {"long_solve_s", at_length.time.ms() / 1e3},
              {"checks",
               {check("p99 until a valid plan, ms", first_p99, 1),
                check("worst plan of 20 ms behind the long solve, %", behind.back(), 3)}}};
}

}  // namespace takt::bench
