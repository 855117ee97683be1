// learning: how closely a run keeps a plan made from the first profile, and one made from what runs
// taught since. Profile, plan, run and learn; plan again; then both plans run in alternation.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "app/comparison.h"
#include "app/learning.h"
#include "app/report.h"
#include "base/file.h"
#include "bench/measure.h"
#include "bench/prepared.h"
#include "bench/suites.h"

namespace takt::bench {
namespace {

constexpr int kRounds = 8;
constexpr int kLearnRuns = 3;

struct Setting {
  const Options& options;
  Prepared prepared;
  std::string db_path;
  Nanos segment;
};

// The costs of a profile made now; nothing else is in the database.
Status profile_anew(const Options& options, Setting& setting) {
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::error_code ignored;
    std::filesystem::remove(setting.db_path + suffix, ignored);
  }
  TAKT_ASSIGN(CostDb db, CostDb::open(setting.db_path, CostDb::Access::kWrite));
  ProfileOptions profile_options;
  if (options.quick) profile_options.cell_time = millis(50);
  TAKT_TRY(profile(setting.prepared.compiled.profile_targets(), setting.prepared.soc, db,
                   setting.prepared.host, profile_options));
  TAKT_ASSIGN(setting.prepared.costs, db.table(setting.prepared.host));
  return {};
}

struct Planned {
  Plan plan;
  std::shared_ptr<Device> device;
};

Result<Planned> plan_with(const Setting& setting, const CostTable& costs, const char* name) {
  const Prepared& prepared = setting.prepared;
  PlanningOptions planning;
  planning.plan_path = setting.options.work_dir + "/learning." + name + ".plan.json";
  planning.host = prepared.host;
  TAKT_ASSIGN(PlannedWorkload planned,
              plan_workload(prepared.compiled, prepared.soc, costs, planning));
  TAKT_TRY(write_file(planning.plan_path, write_plan(planned.plan)));
  Planned result;
  result.plan = std::move(planned.plan);
  TAKT_ASSIGN(result.device,
              Device::create_takt(mission_device_options(prepared.compiled, prepared.soc,
                                                         planning.plan_path)));
  return result;
}

Result<std::vector<DeviceRun>> run_in_turns(const Setting& setting,
                                            const std::vector<std::shared_ptr<Device>>& devices,
                                            int rounds) {
  TAKT_ASSIGN(const std::shared_ptr<Device> reference, Device::create_stock("local-sync"));
  ComparisonOptions comparison;
  comparison.segment = setting.segment;
  comparison.duration = setting.segment * rounds;
  return compare(setting.prepared.compiled, devices, reference, comparison);
}

// Median over the rounds of one figure.
template <class F>
double over_rounds(const std::vector<Conformance>& rounds, F figure) {
  std::vector<double> values;
  for (const Conformance& round : rounds) values.push_back(figure(round));
  std::nth_element(values.begin(), values.begin() + long(values.size() / 2), values.end());
  return values[values.size() / 2];
}

nlohmann::json figures(const Planned& planned, const DeviceRun& run) {
  std::vector<Conformance> rounds;
  nlohmann::json json{{"plan", nlohmann::json(plan_json(planned.plan))},
                      {"rounds", nlohmann::json::array()}};
  for (const Trace& trace : run.traces) {
    rounds.push_back(conformance(planned.plan, trace));
    json["rounds"].push_back(nlohmann::json(conformance_json(rounds.back())));
  }
  json["start_error_us_p50"] =
      over_rounds(rounds, [](const Conformance& c) { return c.start_error.p50.us(); });
  json["start_error_us_p99"] =
      over_rounds(rounds, [](const Conformance& c) { return c.start_error.p99.us(); });
  json["duration_error_us_p50"] =
      over_rounds(rounds, [](const Conformance& c) { return c.duration_error.p50.us(); });
  json["duration_error_us_p99"] =
      over_rounds(rounds, [](const Conformance& c) { return c.duration_error.p99.us(); });
  json["makespan_error_pct"] =
      over_rounds(rounds, [](const Conformance& c) { return c.makespan_error_pct_p50; });
  json["tasks"] = nlohmann::json(tasks_json(run.tasks));
  return json;
}

}  // namespace

Result<nlohmann::json> learning(const Options& options) {
  TAKT_ASSIGN(Prepared prepared, prepare_examples(options, "robot.yaml"));
  Setting setting{options, std::move(prepared), options.work_dir + "/learning.sqlite",
                  options.time > Nanos(0) ? options.time : millis(options.quick ? 500 : 3000)};
  TAKT_TRY(profile_anew(options, setting));
  TAKT_ASSIGN(const Planned first, plan_with(setting, setting.prepared.costs, "profile"));
  TAKT_ASSIGN(const std::vector<DeviceRun> lessons,
              run_in_turns(setting, {first.device}, options.quick ? 1 : kLearnRuns));
  TAKT_ASSIGN(CostDb db, CostDb::open(setting.db_path, CostDb::Access::kWrite));
  TAKT_ASSIGN(const LearnSummary learned,
              learn_run(lessons[0].traces, setting.prepared.compiled, setting.prepared.soc, db,
                        setting.prepared.host));
  TAKT_ASSIGN(const CostTable costs, db.table(setting.prepared.host));
  TAKT_ASSIGN(const Planned second, plan_with(setting, costs, "learned"));
  const int rounds = options.rounds > 0 ? options.rounds : options.quick ? 2 : kRounds;
  TAKT_ASSIGN(const std::vector<DeviceRun> runs,
              run_in_turns(setting, {first.device, second.device}, rounds));

  nlohmann::json report{{"suite", "learning"},
                        {"machine", machine()},
                        {"rounds", rounds},
                        {"seconds_per_round", setting.segment.ms() / 1e3},
                        {"policy", first.device->control()->policy()},
                        {"warning", first.device->control()->warning()},
                        {"learned", nlohmann::json(learned_json(learned))},
                        {"profile", figures(first, runs[0])},
                        {"learned_plan", figures(second, runs[1])},
                        {"checks", nlohmann::json::array()}};
  TAKT_ASSIGN(const std::vector<CostEntry> entries, db.entries(setting.prepared.host));
  report["costs_changed_5pct"] =
      changed_costs(entries, setting.prepared.costs, costs, 5).size();
  report["costs"] = entries.size();
  for (const char* key : {"start_error_us_p50", "start_error_us_p99", "duration_error_us_p50",
                          "duration_error_us_p99", "makespan_error_pct"}) {
    const double before = report["profile"][key], after = report["learned_plan"][key];
    const double ratio = before > 0 ? after / before : after > 0 ? 1e9 : 1;
    report["checks"].push_back({{"figure", std::string(key) + " learned / profile"},
                                {"value", ratio}, {"goal", 1}, {"met", ratio <= 1}});
  }
  return report;
}

}  // namespace takt::bench
