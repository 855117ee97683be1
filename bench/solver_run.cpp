#include "bench/solver_run.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/build_info.h"
#include "base/clock.h"
#include "base/subprocess.h"
#include "compile/venv.h"
#include "model/verify.h"
#include "solve/exact/cpsat_library.h"
#include "solve/make_plan.h"

namespace takt::bench {
namespace {

std::optional<int64_t> last_before(const SolverRun::Trace& trace, Nanos time) {
  std::optional<int64_t> known;
  for (const auto& [at, what] : trace)
    if (at <= time) known = what;
  return known;
}

void add_better(SolverRun::Trace& trace, Nanos at, int64_t what, bool better) {
  if (trace.empty() || better) trace.emplace_back(at, what);
}

Status take_line(const nlohmann::json& line, SolverRun& run) {
  if (!line.is_object() || !line.contains("at_s")) return failed("not a line of the peer");
  const Nanos at(static_cast<int64_t>(line["at_s"].get<double>() * 1e9));
  if (line.contains("value")) {
    const int64_t value = line["value"].get<int64_t>();
    add_better(run.values, at, value, !run.values.empty() && value < run.values.back().second);
  }
  if (line.contains("bound")) {
    const int64_t bound = line["bound"].get<int64_t>();
    add_better(run.bounds, at, bound, !run.bounds.empty() && bound > run.bounds.back().second);
  }
  if (line.contains("status")) {
    run.total = at;
    run.proven = line["status"] == "OPTIMAL";
  }
  return {};
}

}  // namespace

OnProcessors::OnProcessors(int count) {
  saved_ = sched_getaffinity(0, sizeof before_, &before_) == 0;
  if (!saved_) return;
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  for (int cpu = 0; cpu < CPU_SETSIZE && count > 0; ++cpu) {
    if (!CPU_ISSET(cpu, &before_)) continue;
    CPU_SET(cpu, &chosen);
    --count;
  }
  sched_setaffinity(0, sizeof chosen, &chosen);
}

OnProcessors::~OnProcessors() {
  if (saved_) sched_setaffinity(0, sizeof before_, &before_);
}

Status check_plan(const Problem& problem, const SolveResult& result,
                  const SolveOptions& options) {
  PlanContext context;
  context.tasks = tasks_of(problem.instance());
  const Plan plan = plan_of(problem, result, options, context);
  const std::vector<Violation> violations = verify(plan, problem.instance());
  if (violations.empty()) return {};
  return failed("the plan of '" + problem.instance().name + "' is wrong (a fault of takt's): " +
                violations.front().what);
}

std::optional<int64_t> SolverRun::value_at(Nanos time) const { return last_before(values, time); }
std::optional<int64_t> SolverRun::bound_at(Nanos time) const { return last_before(bounds, time); }

std::optional<Nanos> SolverRun::proven_at() const {
  if (!proven || values.empty()) return std::nullopt;
  if (bounds.empty() || bounds.back().second < values.back().second) return total;
  return std::max(values.back().first, bounds.back().first);
}

Result<SolverRun> run_takt(const Instance& instance, const RunLimits& limits) {
  const OnProcessors on_processors(limits.threads);
  SolverRun run;
  const Nanos begin = monotonic_now();
  SolveOptions options;
  options.objective = {{Level::kMakespan}};
  options.seed = limits.seed;
  options.threads = limits.threads;
  options.cpsat_library = exact::CpSatLibrary::default_path();
  options.cancel = limits.cancel;
  options.on_improvement = [&](const Improvement& improvement, const Schedule&) {
    const int64_t value = improvement.score[Level::kMakespan];
    add_better(run.values, monotonic_now() - begin, value,
               !run.values.empty() && value < run.values.back().second);
  };
  options.on_bound = [&](Level level, int64_t bound, Nanos) {
    if (level == Level::kMakespan) run.bounds.emplace_back(monotonic_now() - begin, bound);
  };
  const Problem problem(instance);
  options.time_limit = limits.time - (monotonic_now() - begin);
  const SolveResult result = solve(problem, options);
  run.total = monotonic_now() - begin;
  run.proven = result.levels.front().proof == ObjectiveLevel::Proof::kOptimal;
  TAKT_TRY(check_plan(problem, result, options));
  return run;
}

Result<SolverRun> run_cpsat(const std::string& path, const RunLimits& limits) {
  const std::string script = source_dir() + "/bench/cpsat_peer.py";
  TAKT_ASSIGN(const SubprocessResult peer,
              run_program({compile::venv_path() + "/bin/python", script, path, "--time-s",
                           std::to_string(limits.time.ms() / 1e3), "--cpus",
                           std::to_string(limits.threads), "--seed",
                           std::to_string(limits.seed)}));
  if (peer.status != 0)
    return failed(script + ' ' + path + ": ended with " + std::to_string(peer.status) + ": " +
                  peer.output);
  SolverRun run;
  std::istringstream lines(peer.output);
  for (std::string line; std::getline(lines, line);)
    if (!take_line(nlohmann::json::parse(line, nullptr, false), run))
      return failed(script + ' ' + path + ": said '" + line + "'");
  return run;
}

}  // namespace takt::bench
