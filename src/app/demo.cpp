#include "app/demo.h"

#include <algorithm>

#include "app/examples.h"
#include "app/report.h"
#include "base/file.h"
#include "cost/cost_db.h"
#include "cost/host.h"

namespace takt {
namespace {

Status plan_into(DemoOutcome& outcome, const Soc& soc, const CostTable& costs,
                 const std::string& host) {
  PlanningOptions options;
  options.plan_path = outcome.plan_path;
  options.host = host;
  TAKT_ASSIGN(outcome.planned, plan_workload(outcome.compiled, soc, costs, options));
  return write_file(outcome.plan_path, write_plan(outcome.planned.plan));
}

Result<CostTable> measure_costs(const DemoOutcome& outcome, const Soc& soc,
                                const std::string& host, const DemoOptions& options) {
  TAKT_ASSIGN(CostDb db, CostDb::open(outcome.db_path, CostDb::Access::kWrite));
  ProfileOptions profile_options;
  profile_options.stop = options.stop;
  TAKT_ASSIGN(const ProfileSummary summary,
              profile(outcome.compiled.profile_targets(), soc, db, host, profile_options));
  if (summary.stopped) return failed("stopped while profiling; the next call goes on");
  return db.table(host);
}

Status run_into(DemoOutcome& outcome, const Soc& soc, const DemoOptions& options) {
  TAKT_ASSIGN(const std::shared_ptr<Device> ours,
              Device::create_takt(
                  mission_device_options(outcome.compiled, soc, outcome.plan_path)));
  TAKT_ASSIGN(const std::shared_ptr<Device> task, Device::create_stock("local-task"));
  TAKT_ASSIGN(const std::shared_ptr<Device> reference, Device::create_stock("local-sync"));
  outcome.policy = ours->control()->policy();
  outcome.warning = ours->control()->warning();
  ComparisonOptions comparison;
  comparison.duration = options.duration;
  comparison.stop = options.stop;
  TAKT_ASSIGN(outcome.runs, compare(outcome.compiled, {ours, task}, reference, comparison));
  if (outcome.runs.front().traces.empty()) return failed("stopped before anything ran");
  const Trace& first = outcome.runs.front().traces.front();
  outcome.conformance = conformance(outcome.planned.plan, first);
  const std::vector<bool>& identical = outcome.runs.front().identical;
  outcome.bit_identical =
      std::all_of(identical.begin(), identical.end(), [](bool same) { return same; });
  return write_trace(outcome.trace_path, &outcome.planned.plan, first, outcome.compiled);
}

}  // namespace

Result<DemoOutcome> run_demo(const DemoOptions& options) {
  const auto step = [&](const std::string& text) {
    if (options.step) options.step(text);
  };
  DemoOutcome outcome;
  outcome.plan_path = options.dir + "/plan.json";
  outcome.trace_path = options.dir + "/trace.json";
  outcome.db_path = options.dir + "/costs.sqlite";
  outcome.workload_path = options.dir + "/models/" + options.workload;

  step("generating the example networks");
  TAKT_TRY(write_examples(options.dir + "/models"));
  TAKT_ASSIGN(const Workload workload, read_workload(outcome.workload_path));
  step("compiling " + std::to_string(workload.modules.size()) + " networks");
  TAKT_ASSIGN(outcome.compiled,
              compile_workload(workload, default_module_dir(outcome.workload_path)));
  TAKT_ASSIGN(const Soc soc, detect_soc());
  const std::string host = host_fingerprint();
  step("profiling every kernel on this machine");
  TAKT_ASSIGN(const CostTable costs, measure_costs(outcome, soc, host, options));
  step("planning");
  TAKT_TRY(plan_into(outcome, soc, costs, host));
  step("running on takt and on local-task, in turn, " + duration_text(options.duration) + " each");
  TAKT_TRY(run_into(outcome, soc, options));
  return outcome;
}

}  // namespace takt
