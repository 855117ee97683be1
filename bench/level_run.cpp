#include "bench/level_run.h"

#include <algorithm>

#include "base/clock.h"
#include "solve/exact/cpsat_library.h"

namespace takt::bench {

nlohmann::json LevelRun::levels_at(Nanos time) const {
  const Score* known = nullptr;
  for (const auto& [at, score] : scores)
    if (at <= time) known = &score;
  if (!known) return nullptr;
  nlohmann::json levels = nlohmann::json::array();
  for (const ObjectiveLevel& level : result.levels) {
    const auto which = std::find_if(std::begin(kLevels), std::end(kLevels),
                                    [&](Level l) { return name_of(l) == level.name; });
    CHECK(which != std::end(kLevels));
    ObjectiveLevel then{level.name, (*known)[*which], 0, ObjectiveLevel::Proof::kGap};
    for (const auto& [at, of, bound] : bounds)
      if (of == *which && at <= time) then.bound = std::min(bound, then.value);
    levels.push_back({{"name", then.name},
                      {"value", then.value},
                      {"bound", then.bound},
                      {"gap_pct", then.gap_pct()}});
  }
  return levels;
}

Result<LevelRun> run_levels(const Instance& instance, const RunLimits& limits,
                            const Schedule* hint) {
  const OnProcessors on_processors(limits.threads);
  LevelRun run;
  const Nanos begin = monotonic_now();
  SolveOptions options;
  options.seed = limits.seed;
  options.threads = limits.threads;
  options.cpsat_library = exact::CpSatLibrary::default_path();
  options.cancel = limits.cancel;
  if (hint) options.hint = *hint;
  options.on_improvement = [&](const Improvement& improvement, const Schedule&) {
    run.scores.emplace_back(monotonic_now() - begin, improvement.score);
  };
  options.on_bound = [&](Level level, int64_t bound, Nanos) {
    run.bounds.emplace_back(monotonic_now() - begin, level, bound);
  };
  const Problem problem(instance);
  options.time_limit = limits.time - (monotonic_now() - begin);
  run.result = solve(problem, options);
  if (run.result.score.overrun == Nanos(0))
    TAKT_TRY(check_plan(problem, run.result, options));
  return run;
}

double scaled_gap_pct(const Instance& instance, Level level, const Score& score,
                      const Score& reference) {
  const bool hard = level == Level::kHardMisses || level == Level::kHardTardiness;
  const bool misses = level == Level::kHardMisses || level == Level::kFirmMisses;
  const bool tardiness = level == Level::kHardTardiness || level == Level::kSoftTardiness;
  const Criticality of = hard ? Criticality::kHard : misses ? Criticality::kFirm
                                                            : Criticality::kSoft;
  double scale = 0;
  for (const Job& job : instance.jobs) {
    const InstanceTask& task = instance.tasks[job.task.value()];
    if (task.criticality != of || job.deadline == Nanos::max()) continue;
    if (misses) scale += 1;
    if (tardiness)
      scale += static_cast<double>((job.deadline - job.release).ns) *
               static_cast<double>(task.weight);
  }
  if (!misses && !tardiness) scale = static_cast<double>(reference[level]);
  return 100 * static_cast<double>(score[level] - reference[level]) / std::max(scale, 1.0);
}

LevelGap first_gap(const Instance& instance, const Score& score, const Score& reference) {
  for (const LevelSpec& spec : default_objective(instance)) {
    const int64_t value = score[spec.level], best = reference[spec.level];
    if (value == best) continue;
    const auto whole = static_cast<double>(std::max<int64_t>(best, 1));
    return {std::string(name_of(spec.level)), 100 * static_cast<double>(value - best) / whole,
            scaled_gap_pct(instance, spec.level, score, reference)};
  }
  return {};
}

double worst_gap_pct(const nlohmann::json& levels) {
  double worst = 0;
  for (const nlohmann::json& level : levels)
    worst = std::max(worst, level["gap_pct"].get<double>());
  return worst;
}

double behind_pct(const std::vector<ObjectiveLevel>& levels,
                  const std::vector<ObjectiveLevel>& reference) {
  // A sum of lateness near 0 is no measure: a tenth of the plan's length is the least that its
  // difference is compared with.
  const auto is_makespan = [](const ObjectiveLevel& level) { return level.name == "makespan"; };
  const auto makespan = std::find_if(reference.begin(), reference.end(), is_makespan);
  const int64_t length = makespan == reference.end() ? 0 : makespan->value;
  const auto scale = [&](const ObjectiveLevel& best) {
    const bool lateness = best.name.ends_with("_tardiness") || best.name.ends_with("_jitter");
    return std::max<int64_t>({best.value, lateness ? length / 10 : 0, 1});
  };
  double worst = 0;
  for (size_t i = 0; i < std::min(levels.size(), reference.size()); ++i) {
    const int64_t value = levels[i].value, best = reference[i].value;
    if (value < best) return worst;
    worst = std::max(worst, 100.0 * static_cast<double>(value - best) /
                                static_cast<double>(scale(reference[i])));
  }
  return worst;
}

}  // namespace takt::bench
