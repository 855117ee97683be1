// models: each example network alone, called again and again, on takt with its own plan
// for two lanes and on IREE's drivers, interleaved. A call is submit + wait by one thread.
#include <algorithm>
#include <memory>

#include "app/session.h"
#include "base/file.h"
#include "bench/measure.h"
#include "bench/prepared.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

constexpr const char* kTask = "local-task?workers=2";

struct Loaded {
  std::shared_ptr<Device> device;
  std::unique_ptr<Session> session;
  std::unique_ptr<Call> call;
};

Result<Loaded> load(std::shared_ptr<Device> device, const compile::CompiledModule& module,
                    const std::string& function) {
  Loaded loaded;
  loaded.device = std::move(device);
  TAKT_ASSIGN(loaded.session, Session::create(loaded.device, {module.vmfb_path}));
  TAKT_ASSIGN(loaded.call, Call::create(*loaded.session, function, 1,
                                         module.graph.find(function)->declaration));
  return loaded;
}

Result<PlannedWorkload> plan_network(const Prepared& prepared, size_t network,
                                     const std::string& plan_path) {
  const WorkloadModule& module = prepared.compiled.workload.modules[network];
  PlanningOptions options;
  options.plan_path = plan_path;
  options.host = prepared.host;
  TAKT_ASSIGN(PlannedWorkload planned,
              plan_call(module.name, prepared.compiled.modules[network], module.function,
                        prepared.soc, prepared.costs, options));
  TAKT_TRY(write_file(plan_path, write_plan(planned.plan)));
  return planned;
}

Result<nlohmann::json> measure_network(const Prepared& prepared, size_t network,
                                       const Options& options) {
  const WorkloadModule& module = prepared.compiled.workload.modules[network];
  const std::string plan_path = options.work_dir + "/" + module.name + ".plan.json";
  TAKT_ASSIGN(const PlannedWorkload planned, plan_network(prepared, network, plan_path));

  DeviceOptions device_options;
  device_options.plan = plan_path;
  device_options.cpus = core_cpus(prepared.soc);
  TAKT_ASSIGN(std::shared_ptr<Device> takt_device, Device::create_takt(device_options));
  TAKT_ASSIGN(std::shared_ptr<Device> sync_device, Device::create_stock("local-sync"));
  TAKT_ASSIGN(std::shared_ptr<Device> task_device, Device::create_stock(kTask));
  std::vector<Loaded> loaded;
  for (const auto& device : {takt_device, sync_device, task_device}) {
    TAKT_ASSIGN(Loaded one, load(device, prepared.compiled.modules[network], module.function));
    loaded.push_back(std::move(one));
  }
  std::vector<Contender> contenders;
  for (Loaded& one : loaded)
    contenders.push_back({one.device->name(), [&one] { return one.call->run(); }, {}});
  for (Contender& contender : contenders) TAKT_TRY(contender.run());

  // Blocks long enough for a steady state, and at least so many that a median means much.
  const int64_t op_ns = std::max<int64_t>(planned.plan.objective.back().value, 1'000);
  const int calls = static_cast<int>(std::clamp<int64_t>(5'000'000 / op_ns, 3, 200));
  const int rounds = options.rounds > 0 ? options.rounds : 25;
  TAKT_TRY(interleave(contenders, rounds, calls, std::max(2, calls / 4)));

  bool identical = true;
  TAKT_ASSIGN(const auto expected, loaded[1].call->outputs());
  for (const Loaded& one : loaded) {
    TAKT_ASSIGN(const auto outputs, one.call->outputs());
    identical = identical && outputs == expected;
  }
  const double ours = static_cast<double>(median(contenders[0].samples).ns);
  const double sync = static_cast<double>(median(contenders[1].samples).ns);
  const double task = static_cast<double>(median(contenders[2].samples).ns);
  const double best = std::min(sync, task);
  return nlohmann::json{{"name", module.name},
                        {"operations", planned.plan.operations.size()},
                        {"planned_us", op_ns / 1e3},
                        {"bit_identical", identical},
                        {"takt_us", ours / 1e3},
                        {"local_sync_us", sync / 1e3},
                        {"local_task_us", task / 1e3},
                        {"takt_over_best_pct", 100 * (ours / best - 1)},
                        {"takt_over_best_us", (ours - best) / 1e3},
                        {"speedup_over_local_task", task / ours},
                        {"never_slower", ours <= std::max(best * 1.03, best + 2000)}};
}

}  // namespace

Result<nlohmann::json> models(const Options& options) {
  TAKT_ASSIGN(const Prepared prepared, prepare_examples(options, ""));
  nlohmann::json report{
      {"suite", "models"}, {"machine", machine()}, {"networks", nlohmann::json::array()}};
  std::vector<double> speedups;
  bool never_slower = true;
  bool identical = true;
  for (size_t i = 0; i < prepared.compiled.modules.size(); ++i) {
    TAKT_ASSIGN(nlohmann::json network, measure_network(prepared, i, options));
    speedups.push_back(network["speedup_over_local_task"]);
    never_slower = never_slower && network["never_slower"].get<bool>();
    identical = identical && network["bit_identical"].get<bool>();
    report["networks"].push_back(std::move(network));
  }
  const double mean = geometric_mean(speedups);
  report["speedup_over_local_task_geomean"] = mean;
  report["checks"] = {
      {{"figure", "outputs bit-identical"},
       {"value", identical},
       {"goal", true},
       {"met", identical}},
      {{"figure", "never slower than the better stock driver by more than 3 % or 2 us"},
       {"value", never_slower}, {"goal", true}, {"met", never_slower}},
      {{"figure", "geometric mean speedup over local-task"}, {"value", mean}, {"goal", 1.25},
       {"met", mean >= 1.25}}};
  return report;
}

}  // namespace takt::bench
