#include "app/planning.h"

#include <filesystem>

#include "app/build_info.h"
#include "app/few_lanes.h"
#include "app/plan_report.h"
#include "base/check.h"
#include "base/content_hash.h"
#include "base/file.h"
#include "cost/cost_db.h"
#include "model/verify.h"
#include "solve/diagnose.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

namespace fs = std::filesystem;

// What a lane needs to learn that another lane has finished: a cache line or two, 65 to
// 285 ns one way, and the look at the policy.
constexpr Nanos kHandoff(300);

// Where steps take about 40 us (1000 operations): 0.2 s, and 1.6 s more with patience.
constexpr int64_t kSteps = 5'000, kPatientSteps = 40'000;

// What everything may take longer than measured where lanes are to sleep: fewer lanes leave less
// room for what goes wrong.
constexpr int kSavingMarginPct = 10;
constexpr int64_t kSavingChainPpm = 250'000;

bool worth_patience(const SolveResult& result, Nanos horizon) {
  for (const ObjectiveLevel& level : result.levels) {
    const bool misses = level.name == name_of(Level::kHardMisses) ||
                        level.name == name_of(Level::kFirmMisses);
    if (result.score.overrun > Nanos(0)) {
      if (level.name == name_of(Level::kMakespan) && level.bound > horizon.ns) return false;
    } else if (misses && level.bound < level.value) {
      return true;
    }
  }
  return result.score.overrun > Nanos(0);
}

SolveResult solve_patiently(const Problem& problem, const PlanningOptions& options) {
  SolveResult result = solve(problem, options.solve);
  if (!options.patient || options.solve.steps == 0 ||
      !worth_patience(result, problem.instance().horizon))
    return result;
  SolveOptions more = options.solve;
  more.steps = kPatientSteps;
  more.hint = result.schedule;
  const Nanos before = result.total;
  result = solve(problem, more);
  result.total += before;
  return result;
}

Result<PlanModule> plan_module(const std::string& name, const compile::CompiledModule& module,
                               const std::string& plan_path) {
  TAKT_ASSIGN(const std::string text, read_file(module.graph_path));
  std::error_code ignored;
  const fs::path base = fs::absolute(plan_path.empty() ? "plan.json" : plan_path, ignored)
                            .lexically_normal().parent_path();
  const fs::path relative =
      fs::absolute(module.graph_path, ignored).lexically_normal().lexically_relative(base);
  return PlanModule{name, relative.empty() ? module.graph_path : relative.string(),
                    content_hash(text), module.graph.vmfb_hash};
}

Result<PlannedWorkload> solve_and_check(PlannedWorkload planned, PlanContext context,
                                        const Soc& soc, const PlanningOptions& options) {
  context.soc_name = soc.name;
  context.host = options.host;
  context.takt_version = kTaktVersion;
  const Problem problem(planned.instance);
  const SolveResult result = solve_patiently(problem, options);
  planned.explanation = explain(problem, result.schedule);
  planned.diagnosis = text_of(problem, diagnose(problem, result.schedule));
  planned.admission = admission_of(problem, result);
  if (result.score.overrun > Nanos(0))
    return failed(overrun_text(planned.instance, soc, planned.explanation) + '\n' +
                  text_of(planned.admission) + planned.diagnosis);
  planned.plan = plan_of(problem, result, options.solve, context);
  const std::vector<Violation> violations = verify(planned.plan, planned.instance);
  if (!violations.empty())
    return failed("the plan of '" + planned.instance.name + "' is wrong (a fault of takt's): " +
                  violations.front().what);
  return planned;
}

}  // namespace

InstanceOptions instance_options(const Workload& workload, InstanceOptions options) {
  if (workload.energy == Energy::kSave)
    for (DurationRule& rule : options.modes.durations)
      rule.margin_pct = std::max(rule.margin_pct, kSavingMarginPct);
  return options;
}

Objective objective_of(const Workload& workload, const Instance& instance) {
  Objective objective = default_objective(instance);
  if (workload.energy != Energy::kSave) return objective;
  for (LevelSpec& spec : objective)
    if (spec.level == Level::kChainLatency) spec.tolerance = kSavingChainPpm;
  CHECK(objective.back().level == Level::kMakespan);
  objective.insert(objective.end() - 1, LevelSpec{Level::kActiveLanes, 0, 0});
  return objective;
}

const char* policy_for_plans(const Workload& workload) {
  return workload.energy == Energy::kSave ? "hybrid-save" : "hybrid";
}

SolveOptions solve_options(const Workload& workload, const Instance& instance,
                           SolveOptions options) {
  if (!options.objective.empty()) return options;
  options.objective = objective_of(workload, instance);
  if (workload.energy == Energy::kSave) options.hint = schedule_on_few_lanes(instance, options);
  return options;
}

SolveOptions PlanningOptions::default_solve() {
  SolveOptions solve;
  solve.steps = kSteps;
  solve.use_whole_budget = true;
  solve.handoff = kHandoff;
  return solve;
}

std::string default_module_dir(const std::string& workload_path) {
  return (fs::path(workload_path).parent_path() / "takt-modules").string();
}

Result<CostTable> read_costs(const std::string& db_path, const std::string& host) {
  TAKT_ASSIGN(CostDb db, CostDb::open(db_path, CostDb::Access::kRead));
  TAKT_ASSIGN(CostTable table, db.table(host));
  if (table.size() > 0) return table;
  TAKT_ASSIGN(const std::vector<CostHost> hosts, db.hosts());
  std::string known;
  for (const CostHost& other : hosts)
    known += (known.empty() ? "" : ", ") + other.fingerprint;
  return bad_input(db_path + ": has no costs of host " + host + "; measure them with " +
                   "`takt profile`" +
                   (known.empty() ? "" : ", or name a host that has some (" + known + ")"));
}

Result<PlannedWorkload> plan_workload(const CompiledWorkload& compiled, const Soc& soc,
                                      const CostTable& costs, const PlanningOptions& options) {
  const Workload& workload = compiled.workload;
  TAKT_ASSIGN(BuiltInstance built,
              build_instance(workload, compiled.graphs(), soc, costs,
                             instance_options(workload, options.instance)));
  PlannedWorkload planned;
  planned.instance = std::move(built.instance);
  planned.unplanned = std::move(built.unplanned);
  PlanContext context;
  for (size_t m = 0; m < workload.modules.size(); ++m) {
    TAKT_ASSIGN(PlanModule module, plan_module(workload.modules[m].name, compiled.modules[m],
                                               options.plan_path));
    context.modules.push_back(std::move(module));
  }
  context.tasks = tasks_of(workload, planned.instance);
  PlanningOptions of_workload = options;
  of_workload.solve = solve_options(workload, planned.instance, options.solve);
  TAKT_ASSIGN(planned, solve_and_check(std::move(planned), std::move(context), soc, of_workload));
  for (Admitted& edge : stale_edges(workload)) planned.admission.tasks.push_back(std::move(edge));
  return planned;
}

Result<PlannedWorkload> plan_call(const std::string& module_name,
                                  const compile::CompiledModule& module,
                                  const std::string& function, const Soc& soc,
                                  const CostTable& costs, const PlanningOptions& options) {
  PlannedWorkload planned;
  TAKT_ASSIGN(planned.instance, build_call_instance(module_name, module.graph, function, soc,
                                                    costs, options.instance.modes));
  PlanContext context;
  TAKT_ASSIGN(PlanModule in_plan, plan_module(module_name, module, options.plan_path));
  context.modules.push_back(std::move(in_plan));
  context.tasks = tasks_of_call(planned.instance);
  return solve_and_check(std::move(planned), std::move(context), soc, options);
}

}  // namespace takt
