// robot: the robot workload on takt with its plan and on local-task with two workers, in
// alternation, at least 20 s of robot time each.
#include <algorithm>

#include "app/comparison.h"
#include "app/report.h"
#include "base/file.h"
#include "bench/measure.h"
#include "bench/prepared.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

const TaskFigures& task_named(const DeviceRun& run, const std::string& name) {
  const auto found = std::find_if(run.tasks.begin(), run.tasks.end(),
                                  [&](const TaskFigures& task) { return task.name == name; });
  CHECK(found != run.tasks.end());
  return *found;
}

// a / b where nothing in b is as good as something in a only when a is nothing as well.
double ratio(double a, double b) { return b > 0 ? a / b : (a > 0 ? 1e9 : 0); }

}  // namespace

Result<nlohmann::json> robot(const Options& options) {
  TAKT_ASSIGN(const Prepared prepared, prepare_examples(options, "robot.yaml"));
  PlanningOptions planning;
  planning.plan_path = options.work_dir + "/robot.plan.json";
  planning.host = prepared.host;
  TAKT_ASSIGN(const PlannedWorkload planned,
              plan_workload(prepared.compiled, prepared.soc, prepared.costs, planning));
  TAKT_TRY(write_file(planning.plan_path, write_plan(planned.plan)));

  TAKT_ASSIGN(const std::shared_ptr<Device> ours,
              Device::create_takt(mission_device_options(prepared.compiled, prepared.soc,
                                                         planning.plan_path)));
  TAKT_ASSIGN(const std::shared_ptr<Device> task, Device::create_stock("local-task"));
  TAKT_ASSIGN(const std::shared_ptr<Device> reference, Device::create_stock("local-sync"));
  ComparisonOptions comparison;
  comparison.duration = options.time > Nanos(0) ? options.time : seconds(20);
  TAKT_ASSIGN(const std::vector<DeviceRun> runs,
              compare(prepared.compiled, {ours, task}, reference, comparison));

  nlohmann::json report{{"suite", "robot"},
                        {"machine", machine()},
                        {"seconds", comparison.duration.ms() / 1e3},
                        {"policy", ours->control()->policy()},
                        {"warning", ours->control()->warning()},
                        {"plan", plan_json(planned.plan)}};
  for (const DeviceRun& run : runs) {
    report[run.name]["tasks"] = tasks_json(run.tasks);
    report[run.name]["bit_identical"] =
        std::all_of(run.identical.begin(), run.identical.end(), [](bool same) { return same; });
  }
  report["conformance"] = conformance_json(conformance(planned.plan, runs[0].traces.front()));
  const TaskFigures& policy = task_named(runs[0], "policy");
  const TaskFigures& stock = task_named(runs[1], "policy");
  const double misses =
      ratio(static_cast<double>(policy.missed), static_cast<double>(stock.missed));
  const double p99 = ratio(policy.response_p99.us(), stock.response_p99.us());
  report["checks"] = {
      {{"figure", "policy misses takt / local-task"}, {"value", misses}, {"goal", 0.1},
       {"met", misses <= 0.1}},
      {{"figure", "policy p99 takt / local-task"}, {"value", p99}, {"goal", 0.2},
       {"met", p99 <= 0.2}},
      {{"figure", "lost jobs"}, {"value", 0}, {"goal", 0}, {"met", true}}};   // compare() checks
  return report;
}

}  // namespace takt::bench
