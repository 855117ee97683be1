#include "app/published.h"

#include <array>
#include <filesystem>

#include "app/build_info.h"
#include "base/file.h"
#include "cost/cost_db.h"

namespace takt {
namespace {

namespace fs = std::filesystem;

Status write_costs(const PublishedWorkload& published, const std::string& path) {
  TAKT_ASSIGN(CostDb db, CostDb::open(path, CostDb::Access::kWrite));
  TAKT_TRY(db.forget(published.host));   // of an earlier import
  for (const auto& [key, stats] : published.costs) {
    const std::array<Nanos, 3> samples{stats.min, stats.median, stats.max};
    TAKT_TRY(db.record(published.host, key,
                       {key.kernel_hash, published.compiled.workload.name, kTaktVersion},
                       samples));
  }
  return {};
}

}  // namespace

Status write_published(PublishedWorkload published, const std::string& path) {
  std::error_code error;
  const fs::path file = fs::absolute(path, error).lexically_normal();
  const fs::path stem = file.parent_path() / file.stem();
  const fs::path graphs = stem.string() + "-graphs";
  fs::create_directories(graphs, error);
  if (error)
    return failed(graphs.string() + ": cannot make this directory: " + error.message());
  CompiledWorkload& compiled = published.compiled;
  for (size_t m = 0; m < compiled.modules.size(); ++m) {
    WorkloadModule& module = compiled.workload.modules[m];
    module.path = (graphs / (module.name + ".graph.json")).string();
    TAKT_TRY(write_file(module.path, write_graph(compiled.modules[m].graph)));
  }
  TAKT_TRY(write_file(stem.string() + ".soc.yaml", write_soc(published.soc)));
  TAKT_TRY(write_costs(published, stem.string() + ".costs.sqlite"));
  return write_file(file.string(), write_workload(compiled.workload));
}

}  // namespace takt
