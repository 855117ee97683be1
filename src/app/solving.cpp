#include "app/solving.h"

#include <algorithm>
#include <cstdio>

#include "app/build_info.h"
#include "app/report.h"
#include "cost/host.h"
#include "model/instance_file.h"
#include "model/verify.h"
#include "solve/diagnose.h"
#include "solve/make_plan.h"

namespace takt {
namespace {

uint32_t last_op(const Problem& problem, const Schedule& schedule) {
  uint32_t last = 0;
  for (uint32_t op = 1; op < problem.size(); ++op)
    if (schedule.end(problem, op) > schedule.end(problem, last)) last = op;
  return last;
}

std::string chain_line(const SolvedInstance& solved, const ChainLink& link) {
  static constexpr const char* kWaits[] = {"from its release", "after its input",
                                           "after its lane"};
  const Instance& instance = solved.instance;
  const PlanOp& op = solved.plan.operations[link.op];
  const Job& job = instance.jobs[instance.operations[link.op].job.value()];
  std::string lanes;
  for (const LaneId lane : op.lanes)
    lanes += (lanes.empty() ? "" : "+") + instance.lane_names[lane.value()];
  char line[256];
  std::snprintf(line, sizeof line, "  %12lld + %-10lld %-17s %s[%u] op %u on %s\n",
                static_cast<long long>(op.start.ns), static_cast<long long>(op.duration.ns),
                kWaits[static_cast<int>(link.waits)],
                instance.tasks[job.task.value()].name.c_str(), job.index,
                link.op - job.first_op, lanes.c_str());
  return line;
}

}  // namespace

Result<SolvedInstance> solve_file(const std::string& path, const SolveOptions& options) {
  SolvedInstance solved;
  TAKT_ASSIGN(solved.instance, read_any_instance(path));
  if (solved.instance.operations.empty())
    return bad_input(path + ": has no operation: there is nothing to plan");
  const Problem problem(solved.instance);
  solved.result = solve(problem, options);
  PlanContext context;
  context.host = host_fingerprint();
  context.takt_version = kTaktVersion;
  context.tasks = tasks_of(solved.instance);
  solved.plan = plan_of(problem, solved.result, options, context);
  const std::vector<Violation> violations = verify(solved.plan, solved.instance);
  if (!violations.empty() && solved.result.score.overrun == Nanos(0))
    return failed("the plan of '" + path + "' is wrong (a fault of takt's): " +
                  violations.front().what);
  const Schedule& schedule = solved.result.schedule;
  solved.chain = ChainFinder(problem, schedule).chain_of(last_op(problem, schedule));
  std::reverse(solved.chain.begin(), solved.chain.end());
  solved.bottleneck = bottleneck_of(problem, schedule);
  solved.diagnosis = text_of(problem, diagnose(problem, schedule));
  return solved;
}

std::string solve_explanation(const SolvedInstance& solved) {
  const Pool& pool = solved.instance.pools[solved.bottleneck.pool.value()];
  std::string text = "critical chain of the operation that ends last (start + duration, ns):\n";
  for (const ChainLink& link : solved.chain) text += chain_line(solved, link);
  char line[256];
  std::snprintf(line, sizeof line,
                "bottleneck: %s, busy %.1f %% of the makespan; longest stretch with %d of its "
                "%zu lanes running: %lld to %lld ns\n",
                pool.name.c_str(), 100 * solved.bottleneck.load, solved.bottleneck.lanes,
                pool.lanes.size(), static_cast<long long>(solved.bottleneck.from.ns),
                static_cast<long long>(solved.bottleneck.to.ns));
  return text + line + solved.diagnosis;
}

}  // namespace takt
