#include "bench/prepared.h"

#include <cstdio>

#include "app/examples.h"
#include "base/file.h"
#include "cost/cost_db.h"
#include "cost/host.h"

namespace takt::bench {
namespace {

constexpr int kLanes = 2;

// Every example network as a module; tasks only say which function is called.
Workload all_networks(const std::string& dir) {
  Workload workload;
  workload.name = "networks";
  for (const std::string& name : example_networks()) {
    Task task;
    task.name = name;
    task.module = ModuleId(workload.modules.size());
    task.period = {1'000'000'000, 1};
    task.deadline = seconds(1);
    workload.tasks.push_back(task);
    workload.modules.push_back({name, dir + "/" + name + ".mlir", "main"});
  }
  return workload;
}

Result<Workload> workload_of(const std::string& dir, const std::string& file) {
  if (file.empty()) return all_networks(dir);
  return read_workload(dir + "/" + file);
}

}  // namespace

Result<Soc> bench_soc() {
  TAKT_ASSIGN(Soc soc, detect_soc());
  return limit_lanes(std::move(soc), std::min(kLanes, soc.core_lanes()));
}

Result<Prepared> prepare_examples(const Options& options, const std::string& workload_file) {
  const std::string models = options.work_dir + "/models";
  TAKT_TRY(write_examples(models));
  TAKT_ASSIGN(const Workload workload, workload_of(models, workload_file));
  Prepared prepared;
  TAKT_ASSIGN(prepared.compiled, compile_workload(workload, options.work_dir + "/modules"));
  TAKT_ASSIGN(prepared.soc, bench_soc());
  prepared.host = host_fingerprint();
  TAKT_ASSIGN(CostDb db, CostDb::open(options.work_dir + "/costs.sqlite", CostDb::Access::kWrite));
  ProfileOptions profile_options;
  profile_options.progress = [](const ProfileProgress& progress) {
    std::fprintf(stderr, "profile %d/%d %s\n", progress.done, progress.total,
                 progress.what.c_str());
  };
  TAKT_TRY(profile(prepared.compiled.profile_targets(), prepared.soc, db, prepared.host,
                   profile_options));
  TAKT_ASSIGN(prepared.costs, db.table(prepared.host));
  return prepared;
}

}  // namespace takt::bench
