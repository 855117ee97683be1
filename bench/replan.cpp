// replan: windows of 200 operations under way, one thread. A window has a good plan (of a long
// solve); at some time something happens that the plan did not foresee (disturbance.h), and the
// rest is planned again with that plan as a guide. How long until there is a valid plan, and how
// good the plan of 20 ms is beside a long solve of the same disturbed window, which starts from
// the plan of 20 ms, so that it is never worse.
//
// The 20 ms are of the thread's own time, so that other load on the machine changes the plans
// little; wall times are reported beside.
#include <algorithm>
#include <cstdio>
#include <map>

#include "base/clock.h"
#include "bench/disturbance.h"
#include "bench/level_run.h"
#include "bench/measure.h"
#include "bench/robot_case.h"
#include "bench/suites.h"
#include "model/instance.h"
#include "solve/replan.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

constexpr int kOps = 200, kWindowsPerPlan = 10;
constexpr Nanos kBudget = millis(20);

struct Replanned {
  Nanos first, total, first_cpu;       // since before the Problem was laid out
  Schedule schedule;                   // of 20 ms
  Score first_score, score;
};

std::vector<ObjectiveLevel> levels_of(const Instance& instance, const Score& score) {
  std::vector<ObjectiveLevel> levels;
  for (const LevelSpec& spec : default_objective(instance))
    levels.push_back({std::string(name_of(spec.level)), score[spec.level]});
  return levels;
}

// kFailed when verify() rejects a plan.
Result<Replanned> replanned(const Instance& instance, const Schedule& previous) {
  const Nanos begin = monotonic_now(), cpu_begin = thread_cpu_now();
  const auto used = [&] { return thread_cpu_now() - cpu_begin; };
  const Problem problem(instance);
  Replanner replanner(problem, {});
  SolveResult first, last;
  first.schedule = replanner.first(&previous);
  Replanned out;
  out.first = monotonic_now() - begin;
  out.first_cpu = used();
  while (used() < kBudget) replanner.improve(monotonic_now() + (kBudget - used()));
  last.schedule = replanner.schedule();
  out.total = monotonic_now() - begin;
  for (SolveResult* result : {&first, &last}) {
    result->score = score_of(problem, result->schedule);
    result->levels = levels_of(instance, result->score);
    if (result->score.overrun == Nanos(0)) TAKT_TRY(check_plan(problem, *result, {}));
  }
  out.schedule = last.schedule;
  out.first_score = first.score;
  out.score = last.score;
  return out;
}

Json distribution_ms(const std::vector<Nanos>& samples) {
  return {{"p50", quantile(samples, 0.5).ms()},
          {"p90", quantile(samples, 0.9).ms()},
          {"p99", quantile(samples, 0.99).ms()},
          {"max", quantile(samples, 1).ms()}};
}

Json spread(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const auto within = std::count_if(values.begin(), values.end(), [](double v) { return v < 3; });
  double sum = 0;
  for (const double value : values) sum += value;
  const auto count = static_cast<double>(values.size());
  return {{"mean", sum / count},
          {"p50", values[values.size() / 2]},
          {"p90", values[values.size() * 9 / 10]},
          {"max", values.back()},
          {"share_within_3_pct", static_cast<double>(within) / count}};
}

Json check(const std::string& figure, double value, double goal) {
  return {{"figure", figure}, {"value", value}, {"goal", goal}, {"met", value < goal}};
}

// What the windows add up to.
class Figures {
 public:
  void add(const Replanned& run) {
    first_.push_back(run.first);
    first_cpu_.push_back(run.first_cpu);
    total_.push_back(run.total);
  }

  void compare(const Instance& instance, Disturbance disturbance, const Replanned& run,
               const LevelRun& reference) {
    const Score& best = reference.result.score;
    const auto of = [&](const Score& score) { return levels_of(instance, score); };
    behind_.push_back(behind_pct(of(run.score), of(best)));
    behind_at_first_.push_back(behind_pct(of(run.first_score), of(best)));
    const LevelGap gap = first_gap(instance, run.score, best);
    scaled_.push_back(gap.scaled_pct);
    by_disturbance_[std::string(name_of(disturbance))].push_back(behind_.back());
    Json values = Json::array();
    for (const LevelSpec& spec : default_objective(instance))
      values.push_back({{"name", name_of(spec.level)},
                        {"first", run.first_score[spec.level]},
                        {"value", run.score[spec.level]},
                        {"long_solve", best[spec.level]},
                        {"scaled_gap_pct", scaled_gap_pct(instance, spec.level, run.score, best)}});
    compared_.push_back({{"instance", instance.name},
                         {"disturbance", name_of(disturbance)},
                         {"behind_pct", behind_.back()},
                         {"differs_on", gap.level},
                         {"raw_gap_pct", gap.raw_pct},
                         {"scaled_gap_pct", gap.scaled_pct},
                         {"levels", values}});
    std::fprintf(stderr, "%s %s: %.2f %% behind; %s: raw %.2f %%, scaled %.2f %%\n",
                 instance.name.c_str(), std::string(name_of(disturbance)).c_str(), behind_.back(),
                 gap.level.empty() ? "equal" : gap.level.c_str(), gap.raw_pct, gap.scaled_pct);
  }

  bool empty() const { return behind_.empty(); }

  Json report(Nanos long_solve) const {
    Json by_disturbance;
    for (const auto& [name, values] : by_disturbance_) by_disturbance[name] = spread(values);
    return {{"suite", "replan"},
            {"machine", machine()},
            {"operations", kOps},
            {"windows", first_.size()},
            {"windows_compared", behind_.size()},
            {"valid_plan_ms", distribution_ms(first_)},
            {"valid_plan_cpu_ms", distribution_ms(first_cpu_)},
            {"total_ms", distribution_ms(total_)},
            {"behind_long_solve_pct", spread(behind_)},
            {"first_plan_behind_pct", spread(behind_at_first_)},
            {"scaled_gap_pct", spread(scaled_)},
            {"behind_by_disturbance_pct", by_disturbance},
            {"compared", compared_},
            {"long_solve_s", long_solve.ms() / 1e3},
            {"checks",
             {check("p99 until a valid plan, ms", quantile(first_, 0.99).ms(), 1),
              check("worst plan of 20 ms behind the long solve, %",
                    *std::max_element(behind_.begin(), behind_.end()), 3)}}};
  }

 private:
  std::vector<Nanos> first_, first_cpu_, total_;
  std::vector<double> behind_, behind_at_first_, scaled_;
  std::map<std::string, std::vector<double>> by_disturbance_;
  Json compared_ = Json::array();
};

}  // namespace

Result<Json> replan(const Options& options) {
  const int windows = options.rounds > 0 ? options.rounds : (options.quick ? 20 : 200);
  const int every = options.quick ? 3 : 9;      // the windows that are also solved at length
  const RunLimits at_length{
      options.time > Nanos(0) ? options.time : seconds(options.quick ? 1 : 10), 1, 1,
      options.cancel};
  Figures figures;
  for (int first = 0; first < windows && !options.cancel.stop_requested();
       first += kWindowsPerPlan) {
    const int number = first / kWindowsPerPlan;
    TAKT_ASSIGN(const Instance instance,
                generate({kOps, 60 + number % 5 * 10, 0, 0, number + 1}, options));
    TAKT_ASSIGN(const LevelRun planned, run_levels(instance, at_length));
    const Problem problem(instance);
    const int64_t length = planned.result.score[Level::kMakespan];
    for (int window = first; window < std::min(first + kWindowsPerPlan, windows); ++window) {
      if (options.cancel.stop_requested()) break;
      Rng rng(static_cast<uint64_t>(window) + 1);
      const Nanos now(length * rng.between(20, 60) / 100);
      const auto kinds = static_cast<int>(std::size(kDisturbances));
      const Disturbance disturbance = kDisturbances[window % kinds];
      const Instance rest =
          disturbed(problem, planned.result.schedule, now, disturbance, rng);
      TAKT_TRY(check_instance(rest));
      TAKT_ASSIGN(const Replanned run, replanned(rest, planned.result.schedule));
      figures.add(run);
      if (window % every != 0) continue;
      TAKT_ASSIGN(const LevelRun reference, run_levels(rest, at_length, &run.schedule));
      if (!options.cancel.stop_requested())
        figures.compare(rest, disturbance, run, reference);
    }
  }
  if (figures.empty()) return failed("replan: interrupted before any window");
  return figures.report(at_length.time);
}

}  // namespace takt::bench
