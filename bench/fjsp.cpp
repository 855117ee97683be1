// fjsp: published instances, takt beside CP-SAT alone on as many processors, one after the
// other, each starting every other time. One run of the whole time gives the figures at all
// checkpoints. fjsp_report.h judges them.
#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "bench/fjsp_report.h"
#include "bench/measure.h"
#include "bench/shop_set.h"
#include "bench/solver_run.h"
#include "bench/suites.h"
#include "model/instance_file.h"

namespace takt::bench {
namespace {

using Json = nlohmann::json;

Result<ShopRuns> run_shop(const Shop& shop, const RunLimits& limits, bool against_cpsat,
                          bool takt_first) {
  TAKT_ASSIGN(const Instance instance, read_any_instance(shop.path));
  ShopRuns runs{shop, limits.seed, {}, {}};
  if (takt_first) {
    TAKT_ASSIGN(runs.takt, run_takt(instance, limits));
  }
  if (against_cpsat && !limits.cancel.stop_requested()) {
    TAKT_ASSIGN(runs.cpsat, run_cpsat(shop.path, limits));
  }
  if (!takt_first) {
    TAKT_ASSIGN(runs.takt, run_takt(instance, limits));
  }
  return runs;
}

void show_progress(const ShopRuns& runs) {
  std::fprintf(stderr, "%-24s takt %s", (runs.shop.set + '/' + runs.shop.name).c_str(),
               outcome_text(runs.takt).c_str());
  if (runs.cpsat) std::fprintf(stderr, "   cpsat %s", outcome_text(*runs.cpsat).c_str());
  if (runs.shop.best)
    std::fprintf(stderr, "   best known %lld", static_cast<long long>(runs.shop.best->upper));
  std::fputc('\n', stderr);
}

// Best of both engines, for the instances that nobody has published values of.
Status record(const std::vector<ShopRuns>& all, const RunLimits& limits) {
  Json instances = Json::object();
  for (const ShopRuns& runs : all) {
    if (runs.shop.best && runs.shop.best->published) continue;
    int64_t value = runs.takt.values.back().second;
    int64_t bound = runs.takt.bound_at(limits.time).value_or(0);
    if (runs.cpsat) {
      value = std::min(value, runs.cpsat->value_at(limits.time).value_or(value));
      bound = std::max(bound, runs.cpsat->bound_at(limits.time).value_or(bound));
    }
    instances[runs.shop.set + '/' + runs.shop.name] = {{"value", value}, {"bound", bound}};
  }
  const Json reference = {{"what", "best makespan and bound of takt and CP-SAT"},
                          {"machine", machine()},
                          {"seconds", limits.time.ms() / 1e3},
                          {"threads", limits.threads},
                          {"instances", instances}};
  TAKT_TRY(make_directories(std::filesystem::path(reference_path()).parent_path().string()));
  return write_file(reference_path(), reference.dump(2) + '\n');
}

}  // namespace

Result<Json> fjsp(const Options& options) {
  TAKT_ASSIGN(const std::vector<Shop> shops,
              read_shops(options.dir, options.sets, options.instances));
  RunLimits limits;
  limits.time = options.time > Nanos(0) ? options.time
                                        : seconds(options.record_reference ? 300 : 10);
  limits.threads = options.threads;
  limits.cancel = options.cancel;
  std::vector<ShopRuns> all;
  const int rounds = std::max(options.rounds, 1);
  for (int round = 0; round < rounds && !options.cancel.stop_requested(); ++round) {
    limits.seed = static_cast<uint64_t>(round) + 1;
    for (const Shop& shop : shops) {
      const bool takt_first = all.size() % 2 == 0;
      Result<ShopRuns> runs = run_shop(shop, limits, options.against_cpsat, takt_first);
      if (options.cancel.stop_requested()) break;   // half a comparison is none
      if (!runs) return runs.error();
      show_progress(*runs);
      all.push_back(std::move(*runs));
    }
  }
  if (options.record_reference) TAKT_TRY(record(all, limits));
  Json report = fjsp_report(all, limits, options.checkpoints_s);
  report["rounds"] = rounds;
  report["complete"] = all.size() == shops.size() * static_cast<size_t>(rounds);
  return report;
}

}  // namespace takt::bench
